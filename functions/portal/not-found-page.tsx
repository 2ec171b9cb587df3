import { Link } from 'react-router'

export default function NotFoundPage() {
  return (
    <div className="message-page">
      <title>Not found · dumpline</title>
      <h1>There is nothing at this address</h1>
      <p>
        The link may be incomplete. All cases are in <Link to="/">the list</Link>.
      </p>
    </div>
  )
}

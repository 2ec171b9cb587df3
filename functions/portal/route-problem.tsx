import Button from '@cloudscape-design/components/button'
import { useRouteError } from 'react-router'
import { messageOf } from './api/api-error.ts'

/** Stands in for a page that broke or whose code could not be loaded, for example after a new version was put up. */
export const RouteProblem = () => {
  const error = useRouteError()
  return (
    <div className="message-page" role="alert">
      <title>Something broke · dumpline</title>
      <h1>This page stopped working</h1>
      <p>Nothing you uploaded is lost. Loading the page again usually helps, for example after an update.</p>
      <p className="mono quiet">{messageOf(error)}</p>
      <Button variant="primary" onClick={() => location.reload()}>
        Load the page again
      </Button>
    </div>
  )
}

import { Link } from 'react-router'

const views = [
  { name: 'All', search: '' },
  { name: 'Open', search: 'state=open' },
  { name: 'Mine', search: 'assignee=me&state=open' },
  { name: 'Nobody’s', search: 'assignee=none&state=open' },
  { name: 'Closed', search: 'state=closed' },
  { name: 'By cause', search: 'view=causes' },
]

/** The lists that are asked for every day. `current` is the address's query as `searchOf` writes it. */
export const ViewTabs = ({ current }: { readonly current: string }) => (
  <nav className="view-tabs" aria-label="Views">
    {views.map(({ name, search }) => (
      <Link key={name} to={search === '' ? '/' : `/?${search}`} aria-current={search === current ? 'page' : undefined}>
        {name}
      </Link>
    ))}
  </nav>
)

import Spinner from '@cloudscape-design/components/spinner'

export const Loading = ({ what }: { readonly what: string }) => (
  <div className="loading" role="status">
    <Spinner size="large" />
    <span>Loading {what} …</span>
  </div>
)

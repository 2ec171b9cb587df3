import { CopyButton } from '../copy-button.tsx'
import { uploadCommands } from './upload-commands.ts'

/** How to send a dump from a server that has no browser. */
export const CommandLines = ({ token }: { readonly token: string }) => (
  <details className="command-lines">
    <summary>From a server without a browser</summary>
    {uploadCommands(location.origin, token).map(({ title, hint, text }) => (
      <section key={title}>
        <div className="command-head">
          <h3>{title}</h3>
          <CopyButton text={text} label={`Copy the commands for ${title}`} iconOnly />
        </div>
        <p className="quiet">{hint}</p>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
        <pre tabIndex={0}>{text}</pre>
      </section>
    ))}
  </details>
)

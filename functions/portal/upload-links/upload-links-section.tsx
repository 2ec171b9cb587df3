import Button from '@cloudscape-design/components/button'
import { useCallback, useState } from 'react'
import type { CreatedUploadLink } from '../../../shared/cases/links/upload-api.ts'
import type { UploadLinkRecord } from '../../../shared/cases/links/upload-link.ts'
import { listUploadLinks, revokeUploadLink } from '../api/uploads.ts'
import { usePolled } from '../api/use-polled.ts'
import { CopyButton } from '../copy-button.tsx'
import { FailureNotice } from '../failure-notice.tsx'
import { formatBytes } from '../format/size.ts'
import { formatTimestamp } from '../format/time.ts'
import { Untrusted } from '../format/untrusted.tsx'
import { useNow } from '../format/use-now.ts'
import { Notice } from '../notice.tsx'
import { ToldOnce } from '../told-once.tsx'
import { NewLinkForm } from './new-link-form.tsx'

const fetchedOnce = (): boolean => true

/** The upload links of a case: make one for the customer, see what came through each, revoke it. */
export const UploadLinksSection = ({ caseId }: { readonly caseId: string }) => {
  const load = useCallback((signal: AbortSignal) => listUploadLinks(caseId, signal), [caseId])
  const { value, error, refresh } = usePolled(`upload links ${caseId}`, load, fetchedOnce)
  const [isMaking, setMaking] = useState(false)
  const [created, setCreated] = useState<CreatedUploadLink | null>(null)
  const [trouble, setTrouble] = useState<unknown>(null)
  const now = useNow(60_000)

  const revoke = async (linkId: string): Promise<void> => {
    try {
      await revokeUploadLink(caseId, linkId)
      if (created?.link.linkId === linkId) setCreated(null)
      setTrouble(null)
    } catch (failed) {
      setTrouble(failed)
    }
    refresh()
  }

  return (
    <section className="panel upload-links" aria-label="Upload links">
      <div className="page-head">
        <div>
          <h2>Upload links</h2>
          <p className="quiet">
            Let the customer send dumps to this case, without a login. They see nothing of the case.
          </p>
        </div>
        {!isMaking && <Button onClick={() => setMaking(true)}>New upload link</Button>}
      </div>
      {isMaking && (
        <NewLinkForm
          caseId={caseId}
          onCancel={() => setMaking(false)}
          onCreated={(made) => {
            setCreated(made)
            setMaking(false)
            refresh()
          }}
        />
      )}
      {created !== null && <CreatedLink key={created.link.linkId} created={created} />}
      <FailureNotice
        title={trouble === null ? 'The links cannot be shown' : 'The link was not revoked'}
        error={trouble ?? error}
      />
      {value !== undefined && value.links.length > 0 && (
        <ul className="link-list">
          {value.links.map((link) => (
            <LinkLine key={link.linkId} link={link} now={now} onRevoke={() => void revoke(link.linkId)} />
          ))}
        </ul>
      )}
    </section>
  )
}

const CreatedLink = ({ created }: { readonly created: CreatedUploadLink }) => {
  const address = `${location.origin}/upload/${created.token}`
  return (
    <ToldOnce>
      <Notice tone="good" title="The link is ready. Copy it now: it is shown this once">
        <p className="link-address">
          <code>{address}</code>
          <CopyButton text={address} label="Copy the link" />
        </p>
        <p>Whoever has it can send dumps to this case until {formatTimestamp(created.link.expiresAt)}.</p>
      </Notice>
    </ToldOnce>
  )
}

type LinkLineProps = { readonly link: UploadLinkRecord; readonly now: number; readonly onRevoke: () => void }

const LinkLine = ({ link, now, onRevoke }: LinkLineProps) => {
  const isOpen = link.revokedAt === null && Date.parse(link.expiresAt) > now
  const sent = link.dumps.reduce((sum, { bytes }) => sum + bytes, 0)
  return (
    <li>
      <div>
        <strong>{link.note === '' ? 'Upload link' : <Untrusted text={link.note} />}</strong>{' '}
        <span className="quiet">
          made {formatTimestamp(link.createdAt)} by {link.createdBy}
        </span>
        <div>
          {statusOf(link, isOpen)} · {link.dumps.length} of {link.maxDumps} dumps, {formatBytes(sent)} of{' '}
          {formatBytes(link.maxBytes)}
        </div>
      </div>
      {isOpen && <Button onClick={onRevoke}>Revoke</Button>}
    </li>
  )
}

const statusOf = ({ revokedAt, expiresAt }: UploadLinkRecord, isOpen: boolean): string => {
  if (isOpen) return `Open until ${formatTimestamp(expiresAt)}`
  return revokedAt === null ? `Expired ${formatTimestamp(expiresAt)}` : `Revoked ${formatTimestamp(revokedAt)}`
}

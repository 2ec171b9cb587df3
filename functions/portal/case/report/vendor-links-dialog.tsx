import Button from '@cloudscape-design/components/button'
import { useCallback, useEffect, useRef, useState } from 'react'
import type { CreatedVendorLink, VendorLinkRecord } from '../../../../shared/cases/links/vendor-link.ts'
import { createVendorLink, listVendorLinks, revokeVendorLink } from '../../api/reports-client.ts'
import { usePolled } from '../../api/use-polled.ts'
import { CopyButton } from '../../copy-button.tsx'
import { FailureNotice } from '../../failure-notice.tsx'
import { formatTimestamp } from '../../format/time.ts'
import { Notice } from '../../notice.tsx'

type VendorLinksDialogProps = { readonly caseId: string; readonly dumpId: string; readonly close: () => void }

const daysOffered = [3, 7, 14, 30, 90]
const onceIsEnough = (): boolean => true

/** Makes, shows and revokes the links by which a vendor sees one report. A link's address is shown when it is made. */
export const VendorLinksDialog = ({ caseId, dumpId, close }: VendorLinksDialogProps) => {
  const dialog = useRef<HTMLDialogElement>(null)
  const [days, setDays] = useState(14)
  const [made, setMade] = useState<CreatedVendorLink | null>(null)
  const [failure, setFailure] = useState<unknown>()
  const load = useCallback((signal: AbortSignal) => listVendorLinks(caseId, signal), [caseId])
  const { value, error, refresh } = usePolled(`vendor links of ${caseId}`, load, onceIsEnough)

  useEffect(() => dialog.current?.showModal(), [])

  const attempt = async (run: () => Promise<void>): Promise<void> => {
    setFailure(undefined)
    try {
      await run()
      refresh()
    } catch (caught) {
      setFailure(caught)
    }
  }
  const make = () => attempt(async () => setMade(await createVendorLink(caseId, { dumpId, days })))
  const revoke = (linkId: string) =>
    attempt(async () => {
      await revokeVendorLink(caseId, linkId)
      setMade((shown) => (shown?.linkId === linkId ? null : shown))
    })
  const trouble = failure ?? error

  return (
    <dialog ref={dialog} className="dialog" aria-labelledby="vendor-links-title" onClose={close}>
      <header>
        <h2 id="vendor-links-title">Show this report to a vendor</h2>
        <Button variant="icon" iconName="close" ariaLabel="Close" onClick={() => dialog.current?.close()} />
      </header>
      <p>
        Whoever has the link sees this report and nothing else of the case: no notes, no other dumps, no raw memory. It
        ends by itself, and can be revoked before.
      </p>
      <div className="actions">
        <label>
          It holds for{' '}
          <select value={days} onChange={({ target }) => setDays(Number(target.value))}>
            {daysOffered.map((offered) => (
              <option key={offered} value={offered}>
                {offered} days
              </option>
            ))}
          </select>
        </label>
        <Button variant="primary" onClick={make}>
          Make a link
        </Button>
      </div>
      {made !== null && <MadeLink link={made} />}
      <FailureNotice title="That did not work" error={trouble} />
      {value !== undefined && value.links.length > 0 && (
        <table className="plain-table stacks">
          <thead>
            <tr>
              <th scope="col">Made</th>
              <th scope="col">State</th>
              <th scope="col">Last opened</th>
              <th scope="col">
                <span className="visually-hidden">Action</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {value.links.map((link) => (
              <LinkRow key={link.linkId} link={link} revoke={() => void revoke(link.linkId)} />
            ))}
          </tbody>
        </table>
      )}
    </dialog>
  )
}

const MadeLink = ({ link }: { readonly link: CreatedVendorLink }) => {
  const address = `${location.origin}/vendor/${link.token}`
  return (
    <Notice tone="good" title="The link is made. Copy it now: it is not shown again.">
      <p className="mono">{address}</p>
      <CopyButton text={address} label="Copy the link" />
    </Notice>
  )
}

const LinkRow = ({ link, revoke }: { readonly link: VendorLinkRecord; readonly revoke: () => void }) => {
  const ended = Date.parse(link.expiresAt) <= Date.now()
  const state =
    link.revokedAt !== null ? 'revoked' : ended ? 'expired' : `holds until ${formatTimestamp(link.expiresAt)}`
  return (
    <tr>
      <td data-label="Made">{formatTimestamp(link.createdAt)}</td>
      <td>{state}</td>
      <td data-label="Last opened">{link.openedAt === null ? 'never' : formatTimestamp(link.openedAt)}</td>
      <td>
        {link.revokedAt === null && !ended && (
          <Button
            variant="inline-link"
            ariaLabel={`Revoke the link made ${formatTimestamp(link.createdAt)}`}
            onClick={revoke}
          >
            Revoke
          </Button>
        )}
      </td>
    </tr>
  )
}

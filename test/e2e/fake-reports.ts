import type { Analysis } from '../../shared/analysis/analysis.ts'
import type { CaseComparison } from '../../shared/cases/comparison-api.ts'
import { CreateVendorLink, type VendorLinkRecord } from '../../shared/cases/links/vendor-link.ts'
import { MemoryQuery } from '../../shared/cases/raw-dump-api.ts'

/** What the fake API keeps of a case for comparisons, vendor links and looks at raw memory. */
export type FakeReports = {
  comparison?: CaseComparison
  vendorLinks?: VendorLinkRecord[]
  /** Every look at raw memory and every download, as the audit trail would have it. */
  looks?: string[]
}

type Known = FakeReports & { readonly analysis?: Analysis }
type Asked = {
  readonly method: string
  readonly caseId: string
  readonly path: readonly string[]
  readonly query: URLSearchParams
  readonly body: unknown
}

/** An answer: a status and a body, text where it is no JSON. Null for what is not about reports. */
export const fakeReports = (known: Known, asked: Asked): [number, unknown] | null => {
  const { method, caseId, path, query, body } = asked
  const [part, id = '', action, , last] = path
  if (part === 'comparison')
    return known.comparison === undefined
      ? [409, { detail: 'A comparison takes two analysed dumps; this case has fewer.' }]
      : [200, known.comparison]
  if (part === 'dumps' && last === 'report')
    return [200, `A report as ${query.get('format')} of ${known.analysis?.headline}\n`]
  if (part === 'dumps' && action === 'memory') {
    const { address, length, as } = MemoryQuery.parse(Object.fromEntries(query))
    known.looks = [...(known.looks ?? []), `${as} ${address} ${length}`]
    const output = `${address.slice(2)}  e0894d1f nt!ExAllocatePool`
    return [200, { command: `${as} ${address.slice(2)} L${length}`, output, pointerBytes: 4 }]
  }
  if (part === 'dumps' && action === 'downloads' && method === 'POST') {
    known.looks = [...(known.looks ?? []), `download ${id}`]
    return [201, { url: '/icon.svg', fileName: `${id}.dmp`, bytes: 1, expiresAt: new Date().toISOString() }]
  }
  if (part === 'vendor-links') return vendorLinks(known, method, caseId, id, body)
  return null
}

const vendorLinks = (
  known: Known,
  method: string,
  caseId: string,
  linkId: string,
  body: unknown,
): [number, unknown] => {
  const links = known.vendorLinks ?? []
  if (method === 'GET') return [200, { links }]
  if (method === 'DELETE') {
    const now = new Date().toISOString()
    known.vendorLinks = links.map((link) => (link.linkId === linkId ? { ...link, revokedAt: now } : link))
    return [204, undefined]
  }
  const { days = 14 } = CreateVendorLink.omit({ dumpId: true }).parse({ days: (body as CreateVendorLink).days })
  const link: VendorLinkRecord = {
    caseId,
    linkId: `link-${links.length + 1}`,
    dumpId: (body as CreateVendorLink).dumpId,
    analysisId: 'a1',
    createdAt: new Date().toISOString(),
    createdBy: 'ada',
    expiresAt: new Date(Date.now() + days * 86_400_000).toISOString(),
    revokedAt: null,
    openedAt: null,
  }
  known.vendorLinks = [link, ...links]
  return [201, { ...link, token: 't'.repeat(43) }]
}

/** What the fake API answers to whoever has a token: the report, or why there is none. */
export const fakeSharedReport = (
  shared: ReadonlyMap<string, Analysis | 'ended'>,
  path: readonly string[],
): [number, unknown] => {
  const [, token = '', part] = path
  const analysis = shared.get(token)
  if (analysis === undefined) return [404, { detail: 'There is no report with this id.' }]
  if (analysis === 'ended') return [410, { detail: 'This link has expired.' }]
  if (part === 'analysis') return [200, analysis]
  if (part === 'report') return [200, 'A report\n']
  return [200, { createdAt: '2026-11-01T00:00:00.000Z', expiresAt: '2026-12-01T12:00:00.000Z' }]
}

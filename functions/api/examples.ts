/**
 * A body that each operation takes, as its description shows it. Each is held against its schema by a test, and sent by
 * another. Names are those of ids/links in the path; what must name something of a case has an id of the right form.
 */
export const bodyExamples: Readonly<Record<string, unknown>> = {
  'POST /cases': {
    title: 'SRV-DB-04 stops answering every three weeks',
    host: 'SRV-DB-04',
    tickets: [{ url: 'https://tickets.example/INC-48213', name: 'INC-48213' }],
  },
  'PATCH /cases/{caseId}': { revision: 1, title: 'SRV-DB-04: NonPagedPool is used up' },
  'POST /cases/{caseId}/notes': { text: 'The customer installed a new backup agent in March.' },
  'PATCH /cases/{caseId}/notes/{noteId}': { text: 'The customer installed a new backup agent in April.', revision: 1 },
  'POST /cases/{caseId}/retention/extension': {
    dumpId: null,
    until: '2030-01-31T23:59:59Z',
    reason: 'The vendor still works on it.',
  },
  'POST /cases/{caseId}/hold': { reason: 'The customer and the vendor are in court about it.' },
  'POST /cases/{caseId}/hold/lift': { reason: 'The matter is settled.' },
  'POST /cases/{caseId}/uploads': { fileName: 'MEMORY.DMP', bytes: 8_589_934_592, lane: 'normal' },
  'POST /cases/{caseId}/uploads/{uploadId}/parts': {
    parts: [{ partNumber: 1, sha256: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' }],
  },
  'POST /cases/{caseId}/uploads/{uploadId}/complete': { sha256: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=-1' },
  'POST /cases/{caseId}/dumps/{dumpId}/analyses': { fullScan: true },
  'POST /cases/{caseId}/upload-links': { company: 'Contoso Support', note: 'Please upload C:\\Windows\\MEMORY.DMP.' },
  'POST /upload-links/{token}/uploads': { fileName: 'MEMORY.DMP', bytes: 8_589_934_592 },
  'POST /upload-links/{token}/uploads/{uploadId}/parts': {
    parts: [{ partNumber: 1, sha256: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' }],
  },
  'POST /upload-links/{token}/uploads/{uploadId}/complete': {
    sha256: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=-1',
  },
  'POST /cases/{caseId}/vendor-links': { dumpId: 'dump_01jz3s6q8e5k0v9h2m4n6p8r0t', days: 14 },
  'POST /webhooks': { url: 'https://hooks.example.com/dumpline', description: 'Our ticket system' },
  'PATCH /webhooks/{webhookId}': { enabled: false },
  'POST /webhooks/{webhookId}/send-again': { eventId: 'event_01jz3s6q8e5k0v9h2m4n6p8r0t-finished' },
  'POST /operations/redrives': { queue: 'pool' },
  'POST /reprocessing': {
    name: 'Everything of engine 0 that named nobody',
    query: { verdict: ['inconclusive'], engineOlderThan: '1.0.0' },
    settings: { perMinute: 30, concurrency: 5, budgetDollars: 20 },
  },
}

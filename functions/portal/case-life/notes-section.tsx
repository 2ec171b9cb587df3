import Button from '@cloudscape-design/components/button'
import { useCallback } from 'react'
import { listNotes, writeNote } from '../api/cases-client.ts'
import { usePages } from '../api/use-pages.ts'
import { FailureNotice } from '../failure-notice.tsx'
import { useNow } from '../format/use-now.ts'
import { useMay, useSession } from '../identity/use-session.ts'
import { Loading } from '../loading.tsx'
import { NoteForm } from './note-form.tsx'
import { NoteItem } from './note-item.tsx'

/** Notes of a case, the newest first. */
export const NotesSection = ({ caseId }: { readonly caseId: string }) => {
  const load = useCallback(
    async (cursor: string | null, signal: AbortSignal) => {
      const { notes, nextCursor } = await listNotes(caseId, cursor, signal)
      return { items: notes, nextCursor }
    },
    [caseId],
  )
  const { items: notes, error, loading, more, reload } = usePages(load)
  const mayWrite = useMay('cases:write')
  const session = useSession()
  const now = useNow(30_000)
  return (
    <section className="panel" aria-label="Notes">
      <h2>Notes</h2>
      {mayWrite && (
        <NoteForm
          label="Write a note"
          submitLabel="Add note"
          initial=""
          onSubmit={async (text) => {
            await writeNote(caseId, text)
            reload()
          }}
        />
      )}
      <FailureNotice
        title={notes ? 'Some notes cannot be shown' : 'The notes cannot be shown'}
        error={error}
        again={reload}
      />
      {notes === undefined && error === undefined && <Loading what="notes" />}
      {notes?.length === 0 && <p className="quiet">No notes yet.</p>}
      {notes !== undefined && notes.length > 0 && (
        <ol className="notes">
          {notes.map((note) => (
            <NoteItem
              key={note.noteId}
              note={note}
              now={now}
              me={session.phase === 'unknown' ? null : session.me}
              onChanged={reload}
            />
          ))}
        </ol>
      )}
      {more !== null && (
        <Button onClick={more} loading={loading}>
          Show older notes
        </Button>
      )}
    </section>
  )
}

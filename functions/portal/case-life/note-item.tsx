import { useState } from 'react'
import type { Me } from '../../../shared/cases/identity-api.ts'
import type { NoteRecord } from '../../../shared/cases/life/note.ts'
import { messageOf } from '../api/api-error.ts'
import { changeNote, removeNote } from '../api/cases-client.ts'
import { formatAge, formatTimestamp } from '../format/time.ts'
import { Untrusted, UntrustedLines } from '../format/untrusted.tsx'
import { NoteForm } from './note-form.tsx'

type NoteItemProps = {
  readonly note: NoteRecord
  readonly now: number
  readonly me: Me | null
  readonly onChanged: () => void
}

export const NoteItem = ({ note, now, me, onChanged }: NoteItemProps) => {
  const [mode, setMode] = useState<'reading' | 'editing' | 'removing'>('reading')
  const [problem, setProblem] = useState<string | null>(null)
  const isMine = me !== null && note.author === me.subject
  const mayRemove = isMine || me?.permissions.includes('tenant:write') === true

  const remove = async (): Promise<void> => {
    try {
      await removeNote(note)
      onChanged()
    } catch (error) {
      setProblem(messageOf(error))
    }
    setMode('reading')
  }
  return (
    <li className="note">
      <p className="note-head quiet">
        <strong>{isMine ? 'You' : <Untrusted text={note.author} />}</strong>
        <time dateTime={note.createdAt} title={formatTimestamp(note.createdAt)}>
          {formatAge(note.createdAt, now)}
        </time>
        {note.editedAt !== null && note.removedAt === null && <span>edited</span>}
        {note.removedAt === null && mode === 'reading' && (
          <span className="note-actions">
            {isMine && (
              <button type="button" className="plain-button" onClick={() => setMode('editing')}>
                Edit
              </button>
            )}
            {mayRemove && (
              <button type="button" className="plain-button" onClick={() => setMode('removing')}>
                Remove
              </button>
            )}
          </span>
        )}
        {mode === 'removing' && (
          <span className="note-actions">
            Remove this note?
            <button type="button" className="plain-button" onClick={() => void remove()}>
              Yes, remove
            </button>
            <button type="button" className="plain-button" onClick={() => setMode('reading')}>
              Keep
            </button>
          </span>
        )}
      </p>
      {problem !== null && (
        <p role="alert" className="field-problem">
          {problem}
        </p>
      )}
      {note.removedAt !== null && <p className="quiet">This note was removed; the history keeps what it said.</p>}
      {note.removedAt === null && mode !== 'editing' && (
        <p className="note-text">
          <UntrustedLines text={note.text} />
        </p>
      )}
      {mode === 'editing' && (
        <NoteForm
          label="Change this note"
          submitLabel="Save note"
          initial={note.text}
          onCancel={() => setMode('reading')}
          onSubmit={async (text) => {
            await changeNote(note, text)
            setMode('reading')
            onChanged()
          }}
        />
      )}
    </li>
  )
}

import { useEffect, useState } from 'react'

type FilePickerProps = { readonly onFile: (file: File) => void; readonly hasFile: boolean }

/**
 * Choose one file, or drop it anywhere on the page: beside the marked area a browser would otherwise open it and leave.
 * A native file input inside its label, so that keyboards and screen readers just work.
 */
export const FilePicker = ({ onFile, hasFile }: FilePickerProps) => {
  const [over, setOver] = useState(false)
  useEffect(() => {
    const hover = (event: DragEvent): void => {
      event.preventDefault()
      setOver(true)
    }
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false)
    }
    const drop = (event: DragEvent): void => {
      event.preventDefault()
      setOver(false)
      const file = event.dataTransfer?.files[0]
      if (file !== undefined) onFile(file)
    }
    addEventListener('dragover', hover)
    addEventListener('dragleave', leave)
    addEventListener('drop', drop)
    return () => {
      removeEventListener('dragover', hover)
      removeEventListener('dragleave', leave)
      removeEventListener('drop', drop)
    }
  }, [onFile])
  return (
    <label className={`drop-zone${over ? ' over' : ''}${hasFile ? ' has-file' : ''}`}>
      <input
        type="file"
        aria-label="Choose a dump file"
        onChange={({ target }) => {
          const file = target.files?.[0]
          if (file !== undefined) onFile(file)
          target.value = ''
        }}
      />
      <span className="drop-zone-lead">
        {hasFile ? 'Choose another file' : 'Choose the dump file, or drop it here'}
      </span>
      {!hasFile && <span className="quiet">Usually C:\Windows\MEMORY.DMP, of any size, as it is or zipped</span>}
    </label>
  )
}

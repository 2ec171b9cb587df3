import { type DragEvent, useState } from 'react'

type FilePickerProps = { readonly onFile: (file: File) => void; readonly hasFile: boolean }

/** Choose or drop one file. A native file input inside its label, so that keyboards and screen readers just work. */
export const FilePicker = ({ onFile, hasFile }: FilePickerProps) => {
  const [over, setOver] = useState(false)
  const hover = (event: DragEvent): void => {
    event.preventDefault()
    setOver(true)
  }
  const drop = (event: DragEvent): void => {
    event.preventDefault()
    setOver(false)
    const [file] = event.dataTransfer.files
    if (file !== undefined) onFile(file)
  }
  return (
    <label
      className={`drop-zone${over ? ' over' : ''}${hasFile ? ' has-file' : ''}`}
      onDragEnter={hover}
      onDragOver={hover}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <input
        type="file"
        aria-label="Choose a dump file"
        onChange={({ target }) => {
          const file = target.files?.[0]
          if (file !== undefined) onFile(file)
          target.value = ''
        }}
      />
      <span className="drop-zone-lead">{hasFile ? 'Choose another file' : 'Drop a dump here, or choose a file'}</span>
      {!hasFile && <span className="quiet">MEMORY.DMP or any kernel dump, of any size</span>}
    </label>
  )
}

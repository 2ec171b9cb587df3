import { formatBytes } from '../format/size.ts'
import { Untrusted } from '../format/untrusted.tsx'

type ChosenFileProps = { readonly file: Pick<File, 'name' | 'size'> }

export const ChosenFile = ({ file }: ChosenFileProps) => (
  <div className="upload-file">
    <strong>
      <Untrusted text={file.name} />
    </strong>
    <span className="quiet nowrap">{formatBytes(file.size)}</span>
  </div>
)

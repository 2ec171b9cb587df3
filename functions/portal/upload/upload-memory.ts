import type { LinkUpload } from '../../../shared/cases/links/upload-api.ts'
import type { UploadMemory } from '../../../shared/upload/upload-session.ts'

/** An upload that was begun in this browser and not finished. */
export type RememberedUpload = {
  /** Where it goes: a case, or an upload link. */
  readonly destination: string
  readonly fileName: string
  readonly bytes: number
  /** The file's time of last change, in milliseconds. */
  readonly changedAt: number
  readonly upload: LinkUpload
  readonly rememberedAt: number
}

const storageKey = 'dumpline.uploads'
const mostRemembered = 50

const read = (): RememberedUpload[] => {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(storageKey) ?? '[]')
    return Array.isArray(found) ? (found as RememberedUpload[]) : []
  } catch {
    // Private windows may have no storage, and what is in it may be of another version: nothing is remembered then.
    return []
  }
}

const write = (uploads: readonly RememberedUpload[]): void => {
  try {
    localStorage.setItem(storageKey, JSON.stringify(uploads.slice(-mostRemembered)))
  } catch {
    // The upload itself goes on; it only cannot be taken up after this page is closed.
  }
}

/** The unfinished uploads of this browser to one destination, the latest first. */
export const rememberedUploads = (destination: string): RememberedUpload[] =>
  read()
    .filter((each) => each.destination === destination)
    .reverse()

/** Whether a file is, by all that can be seen without reading it, the one of a remembered upload. */
const isSameFile = (file: File, { fileName, bytes, changedAt }: RememberedUpload): boolean =>
  file.name === fileName && file.size === bytes && file.lastModified === changedAt

export const uploadMemory = (destination: string, file: File): UploadMemory => {
  const isThis = (each: RememberedUpload): boolean => each.destination === destination && isSameFile(file, each)
  return {
    recall: () => read().find(isThis)?.upload ?? null,
    keep: (upload) => {
      const { name: fileName, size: bytes, lastModified: changedAt } = file
      const entry = { destination, fileName, bytes, changedAt, upload, rememberedAt: Date.now() }
      write([...read().filter((each) => !isThis(each)), entry])
    },
    forget: () => write(read().filter((each) => !isThis(each))),
  }
}

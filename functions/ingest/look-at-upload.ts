import { isTagged } from '../../shared/bytes/tagged-error.ts'
import { noteArchive } from '../../shared/cases/archived-dump.ts'
import type { DumpId } from '../../shared/cases/object-keys.ts'
import type { DumpRecord } from '../../shared/cases/records.ts'
import type { CaseStore } from '../../shared/cases/store.ts'
import { archiveFormatOf } from '../../shared/dump/foreign-formats.ts'

export type LookPorts = {
  readonly store: (tenant: string) => CaseStore
  /** The first bytes of an upload that is complete. */
  readonly peek: (id: DumpId, dump: DumpRecord) => Promise<Uint8Array>
}

/** The dump with what its first bytes say it is on its record: a dump as it should be, or an archive to unpack first. */
export const lookAtUpload = async (ports: LookPorts, id: DumpId, dump: DumpRecord): Promise<DumpRecord> => {
  if (dump.archive !== undefined) return dump
  const format = archiveFormatOf(await firstBytes(ports, id, dump))
  const noted = await ports.store(id.tenant).dumps.change(id, (record) => noteArchive(record, format))
  return noted.record ?? dump
}

/** None where the upload is gone: the header stage says so on the case. */
const firstBytes = async ({ peek }: LookPorts, id: DumpId, dump: DumpRecord): Promise<Uint8Array> => {
  try {
    return await peek(id, dump)
  } catch (error) {
    if (isTagged(error, 'dump-gone')) return new Uint8Array()
    throw error
  }
}

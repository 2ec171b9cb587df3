import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Another process has the data folder open. */
export class DataFolderInUse extends Error {
  override readonly name = 'DataFolderInUse'
}

/**
 * Opens the index of a data folder. One process at a time has it, and so the folder; the lock goes with the process,
 * however it ends. A transaction survives the end of the process (not the loss of power).
 */
export const openDatabase = (dataDir: string): DatabaseSync => {
  const db = new DatabaseSync(join(dataDir, 'state.sqlite'), { timeout: 1000 })
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    db.exec('BEGIN IMMEDIATE; COMMIT')
  } catch (error) {
    db.close()
    if (!/database is locked/.test((error as Error).message)) throw error
    throw new DataFolderInUse(`The data folder ${dataDir} is in use by another dumpline.`, { cause: error })
  }
  return db
}

/** Adds a column to a table that a data folder of an earlier version has without it: `definition` as in CREATE TABLE. */
export const addColumn = (db: DatabaseSync, table: string, definition: string): void => {
  const [name] = definition.split(' ')
  const columns = db.prepare(`PRAGMA table_info(${table})`).all()
  if (!columns.some((column) => column.name === name)) db.exec(`ALTER TABLE ${table} ADD COLUMN ${definition}`)
}

/**
 * Runs `work` as one transaction, or as part of the one under way. What it returns is committed; when it throws,
 * nothing of it has happened.
 */
export const inTransaction = <Result>(db: DatabaseSync, work: () => Result): Result => {
  if (db.isTransaction) return work()
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    db.exec('ROLLBACK')
    throw error
  }
}

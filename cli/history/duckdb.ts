/** The one place that opens DuckDB: in memory, without the network, and with only the files it is allowed. */
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

export type DuckDb = {
  readonly connection: DuckDBConnection;
  close(): void;
};

export type DuckDbOptions = {
  /** The only files that may be read, by their full names, and nothing may change that any more; without it, any. */
  readonly files?: readonly string[];
  /** What it may hold in memory, in MiB (1,024). */
  readonly memoryMiB?: number;
  /** Threads it works with; as many as there are cores, unless given. */
  readonly threads?: number;
};

/** What is not built in (the build has JSON, Parquet and ICU) would be fetched from the network at the first use. */
const OFFLINE = { autoinstall_known_extensions: 'false', autoload_known_extensions: 'false' };

/**
 * An empty database in memory. Its time zone is UTC, whatever the machine's is. With `files`, statements of anybody may
 * be run: they reach no other file, make none, load no extension and cannot lift that.
 */
export async function openDuckDb({ files, memoryMiB = 1_024, threads }: DuckDbOptions = {}): Promise<DuckDb> {
  const instance = await DuckDBInstance.create(':memory:', {
    ...OFFLINE,
    memory_limit: `${memoryMiB}MiB`,
    ...(threads === undefined ? {} : { threads: String(threads) }),
  });
  const connection = await instance.connect();
  await connection.run("set timezone = 'UTC'");
  if (files) await confine(connection, files);
  return {
    connection,
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** The order matters: what is locked cannot be set any more. */
async function confine(connection: DuckDBConnection, files: readonly string[]): Promise<void> {
  // It would spill beside the working folder otherwise, and that folder would be one it may touch.
  await connection.run("set temp_directory = ''");
  await connection.run(`set allowed_paths = [${files.map(sqlText).join(', ')}]`);
  await connection.run('set enable_external_access = false');
  await connection.run('set lock_configuration = true');
}

/** A text as a literal of SQL. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

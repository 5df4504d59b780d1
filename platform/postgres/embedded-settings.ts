/** How the embedded server is set up: given at each start, so that a new version of Souk changes them. */

/** Arguments for `postgres`; `throwaway`: a power cut may destroy it. */
export function serverArguments(data: string, port: number, throwaway: boolean): string[] {
  const settings = { ...SETTINGS, ...(throwaway ? THROWAWAY : {}), port: String(port) };
  return ['-D', data, ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])];
}

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  // No socket: its path would be limited to 107 bytes, and a data folder's is not.
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '256MB',
  fsync: 'on',
  synchronous_commit: 'on',
  // Checkpoints seldom and spread: they are what an append has to wait behind.
  max_wal_size: '2GB',
  min_wal_size: '128MB',
  checkpoint_timeout: '10min',
  checkpoint_completion_target: '0.9',
  // Short statements only; compiling them would cost more than it saves.
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // A writer that was stopped in the middle gives its locks back.
  idle_in_transaction_session_timeout: '30s',
  log_line_prefix: '%m [%p] %a ',
  // The pools of a shop that is stopped hang up without a word; that is no news.
  log_min_messages: 'warning',
};

/** Nothing waits for the disk. */
const THROWAWAY: Readonly<Record<string, string>> = { fsync: 'off', full_page_writes: 'off' };

/** A real Postgres from npm as this process's engine: started, joined, watched and, by the last one out, stopped. */
import { join } from 'node:path';
import type pg from 'pg';
import type { Logger } from '../logging/logger.ts';
import { withFileLock } from '../process/file-lock.ts';
import { ask, connect, ensureDatabase } from './embedded-client.ts';
import { ensureCluster } from './embedded-cluster.ts';
import { findPlace, type Place, prepareDataDir } from './embedded-place.ts';
import { endServer, findRunning, type Starting, startServer } from './embedded-server.ts';
import { watch } from './embedded-watch.ts';

export type EmbeddedPostgres = {
  /** Of the database everything lives in; a secret, as it holds the password. The port stays while this process runs. */
  readonly url: string;
  /** As `18.4`. */
  readonly version: string;
  /** Whether the server ran already: another process's, or left over by one that was killed. */
  readonly joined: boolean;
  /** The folder that holds binaries' data, log and password. */
  readonly location: string;
  /**
   * Leaves the server; the last one out stops it. Close this process's pools first: a connection whose name begins with
   * `souk` counts as somebody in there. `evenIfShared` stops it in any case. Safe to call twice.
   */
  stop(options?: { readonly evenIfShared?: boolean }): Promise<void>;
};

export type EmbeddedOptions = {
  /** Made when it is not there. */
  readonly dataDir: string;
  readonly logger: Logger;
};

type Server = { readonly place: Place; readonly url: string; readonly port: number; readonly joined: boolean };

/** Starts or joins the Postgres of a data folder; throws EmbeddedPostgresError with what to do about it. */
export async function startEmbeddedPostgres({ dataDir, logger }: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const folder = await prepareDataDir(dataDir);
  const enter = (port?: number) =>
    exclusively(folder, async () => {
      const server = await bringUp(folder, logger, { port });
      // Under the lock: whoever is about to stop the server as the last one must see us.
      return { server, presence: await connect(server.url, PRESENCE) };
    });
  const first = await enter();
  const { place, url, port, joined } = first.server;
  const [row] = await ask<{ server_version: string }>(url, 'show server_version');
  const version = row?.server_version ?? place.binaries.version;
  announce(first.server, version, logger);

  const watching = watch({ first: first.presence, again: async () => (await enter(port)).presence, logger });
  let stopped: Promise<void> | undefined;
  const stop = async (evenIfShared: boolean) => {
    const presence = await watching.stop();
    await exclusively(folder, async () => {
      // Without one the server was gone a moment ago; another process may have brought it up since.
      const last = presence ?? (await connect(url, PRESENCE).catch(() => undefined));
      await leave(place, last, { evenIfShared, logger });
    });
  };
  return {
    url,
    version,
    joined,
    location: place.root,
    stop: (options) => {
      stopped ??= stop(options?.evenIfShared ?? false);
      return stopped;
    },
  };
}

type EnsureOptions = EmbeddedOptions & Pick<Starting, 'throwaway'>;

/** Starts the server if it does not run and gives its URL, without counting as somebody in there. */
export async function ensureEmbeddedPostgres(options: EnsureOptions): Promise<{ readonly url: string }> {
  const { dataDir, logger, throwaway } = options;
  const folder = await prepareDataDir(dataDir);
  const { url } = await exclusively(folder, () => bringUp(folder, logger, { throwaway }));
  return { url };
}

const PRESENCE = 'souk-presence';

function exclusively<T>(folder: string, work: () => Promise<T>): Promise<T> {
  return withFileLock(join(folder, 'postgres.lock'), work, { timeoutMs: 330_000 });
}

async function bringUp(folder: string, logger: Logger, starting: Starting): Promise<Server> {
  const place = await findPlace(folder, logger);
  await ensureCluster(place);
  const found = await findRunning(place, logger);
  const running = found ?? (await startServer(place, logger, starting));
  const url = await ensureDatabase(place, running.port);
  return { place, url, port: running.port, joined: found !== undefined };
}

function announce({ place, port, joined }: Server, version: string, logger: Logger): void {
  const as = place.account ? `; root may not run it, so it runs as ${place.account.name}` : '';
  const how = joined ? 'joined the running' : 'started the';
  logger.info({ port, location: place.root }, `${how} embedded Postgres ${version}, data in ${place.root}${as}`);
}

type Leaving = { readonly evenIfShared: boolean; readonly logger: Logger };

async function leave(place: Place, presence: pg.Client | undefined, { evenIfShared, logger }: Leaving): Promise<void> {
  const others = presence ? await countOthers(presence) : 0;
  await presence?.end();
  if (others > 0 && !evenIfShared) {
    logger.info({ others }, 'left the embedded Postgres running: others use it');
    return;
  }
  await endServer(place);
  logger.info('stopped the embedded Postgres');
}

/** Sessions of other processes. Asked repeatedly for a moment: one that has just hung up is still listed. */
async function countOthers(presence: pg.Client): Promise<number> {
  const sql = `
    select count(*)::int as others from pg_stat_activity
    where application_name like 'souk%' and pid <> pg_backend_pid()`;
  let others = 0;
  for (let attempt = 0; attempt < 10; attempt++) {
    const { rows } = await presence.query<{ others: number }>(sql);
    others = rows[0]?.others ?? 0;
    if (others === 0) return 0;
    await presence.query('select pg_sleep(0.05)');
  }
  return others;
}

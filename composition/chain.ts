/** The hash chain of a shop's log: what it takes to build it, verify it and sign it. */
import { followChain } from '../event-store/chain/follow-chain.ts';
import { type KeptHead, keptHeadIn } from '../event-store/chain/kept-head.ts';
import { type Links, linksOf, prepareLinks } from '../event-store/chain/links.ts';
import { createHeadSigner, type HeadSigner } from '../event-store/chain/signed-head.ts';
import type { EventStore, LogIdentity } from '../event-store/port.ts';
import type { Config } from '../platform/config/config.ts';
import { type Loop, supervise } from '../platform/process/supervise.ts';
import type { Engines } from './engines.ts';

export type EventChain = {
  readonly store: EventStore;
  readonly identity: LogIdentity;
  readonly links: Links;
  readonly signer: HeadSigner;
  /** Undefined where there is no data folder. */
  readonly kept: KeptHead | undefined;
};

/** Looks only; writes nothing. */
export async function chainOf({ config, database, masterKey, store }: ChainEngines): Promise<EventChain> {
  const identity = await store.identity();
  const kept = await keptHeadIn(config.dataDir);
  return { store, identity, links: linksOf(database, identity), signer: createHeadSigner(masterKey), kept };
}

export type ChainEngines = Pick<Engines, 'database' | 'masterKey' | 'store'> & {
  readonly config: Pick<Config, 'dataDir'>;
};

/** Makes its tables and follows the log, or stands by while another process does. */
export async function startChain(engines: Engines, signal: AbortSignal): Promise<Loop> {
  const { config, database, logger } = engines;
  await prepareLinks(database);
  const chain = await chainOf(engines);
  if (!chain.kept)
    logger.warn(`there is no folder ${config.dataDir}: the head of the event chain is kept in the database alone`);
  return supervise({ name: 'event-chain', run: (signal) => followChain({ ...chain, signal }), logger, signal });
}

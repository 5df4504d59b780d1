/** Writes the audit log. What is asked for is recorded before it is done: where that fails, the caller must not go on. */

import { operationDecider } from '../../domain/operations/decide.ts';
import { isRejection } from '../../domain/rejection.ts';
import type { JsonObject, Position } from '../../event-store/port.ts';
import { derivedId, nameId } from '../../platform/ids.ts';
import { outcome } from '../outcome.ts';
import type { CommandContext } from '../runtime/types.ts';
import type { Shop } from '../shop.ts';

export type Operation = {
  /** Dotted: `projections.rebuild`. */
  readonly action: string;
  /** What it is done to: the name of a projection, a stream, a parked event, a folder. */
  readonly subject: string;
  readonly reason?: string;
  /** Small: the options it is done with. */
  readonly detail?: JsonObject;
  /** From where, over the network. Kept only of a user, whose key seals it. */
  readonly address?: string;
};

type Recorder = Pick<Shop, 'runtime' | 'keys'>;

/** How long the same read by the same actor counts as one, in milliseconds. */
const JOINED_MS = 60_000;

/**
 * Records an action; a repeat under the same command id is the same entry. Returns the entry's position. Throws where the
 * log cannot take it: then the action must not happen.
 */
export function recordOperation(shop: Recorder, operation: Operation, context: CommandContext): Promise<Position> {
  return record(
    shop,
    { ...operation, operationId: derivedId(context.issuedAt, context.commandId, 'operation') },
    context,
  );
}

/**
 * Records a read. A dashboard asks every second: the same read (action, subject, detail and address) by the same actor
 * has one entry in each minute of the clock, whichever process it meets, as the entry's id follows from these and the
 * second one finds it there.
 */
export function recordRead(shop: Recorder, operation: Operation, context: CommandContext): Promise<Position> {
  const { action, subject, detail = {}, address = '' } = operation;
  const minute = Math.floor(Date.parse(context.issuedAt) / JOINED_MS);
  const parts = [context.actor, action, subject, JSON.stringify(detail), address, String(minute)];
  return record(shop, { ...operation, operationId: nameId('read', ...parts) }, context);
}

async function record(
  { runtime, keys }: Recorder,
  { address, ...operation }: Operation & { readonly operationId: string },
  context: CommandContext,
): Promise<Position> {
  const [kind, userId] = context.actor.split(':');
  const sealed =
    address !== undefined && kind === 'user' && userId !== undefined
      ? { address: await keys.seal(userId, address) }
      : {};
  const command = { type: 'RecordOperation', ...operation, ...sealed } as const;
  const recorded = outcome(await runtime.handle(operationDecider, operation.operationId, command, context));
  if (isRejection(recorded) || recorded.position === null)
    throw new Error(`${operation.action} was not recorded, and is not done`);
  return recorded.position;
}

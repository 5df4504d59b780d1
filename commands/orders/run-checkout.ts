/** Runs the checkout process of one order as far as it can go now: inline after a write, by the tail, or by a timer. */
import type { Instant } from '../../domain/decider.ts';
import { later } from '../../domain/instant.ts';
import type { Rejection } from '../../domain/rejection.ts';
import { latest, type Position } from '../../event-store/port.ts';
import type { Shop } from '../shop.ts';
import { nextSteps } from './checkout-process.ts';
import type { CheckoutStates } from './checkout-states.ts';
import { type Next, type Step, stepKey } from './checkout-steps.ts';
import { loadCheckout } from './load-checkout.ts';
import { runStep, type StepResult } from './run-step.ts';

export type CheckoutRun = {
  readonly correlationId: string;
  /** Stops where this holds: the rest is for another run. */
  readonly until?: (states: CheckoutStates) => boolean;
};

export type RanCheckout = {
  readonly states: CheckoutStates;
  /** When to look again, even if nothing happens. */
  readonly wakeAt: Instant | null;
  /** Highest position of what was read and written. */
  readonly position: Position | null;
};

/** States older than this are read again before anything is done on them. */
const STALE_MS = 5_000;
/** How long to leave a gateway alone that has not decided or did not answer. */
const GATEWAY_PAUSE_MS = 2_000;

/**
 * Repeats: look, do what is next, until nothing more can be done. Each step is run once per run. Throws when an engine is
 * away or a step is refused that must not be: the runner then comes back, without limit.
 */
export async function runCheckout(
  shop: Shop,
  from: { readonly states: CheckoutStates; readonly position: Position | null },
  run: CheckoutRun,
): Promise<RanCheckout> {
  const results = new Map<string, StepResult>();
  const done = new Set<string>();
  let { states, position } = from;
  for (;;) {
    if (run.until?.(states)) return { states, wakeAt: null, position };
    const now = shop.now();
    const next = nextSteps(states, now);
    const open = next.steps.filter((step) => !results.has(stepKey(step)));
    if (open.length === 0) return { states, wakeAt: settle(states, { next, results, now }), position };
    if (now > later(states.readAt, STALE_MS)) {
      ({ states, position } = await reload(shop, states, position));
      continue;
    }
    const ran = await runAll(open, (step) => runStep(shop, states, { step, correlationId: run.correlationId, done }));
    for (const [step, result] of ran) {
      results.set(stepKey(step), result);
      if (result.kind !== 'done') continue;
      done.add(stepKey(step));
      states = { ...states, ...result.changed, stock: { ...states.stock, ...result.changed.stock } };
      position = latest(position, result.position);
    }
    // Refused: somebody was faster. Ended: now the cart matters, which was not read before.
    const ended =
      states.order.status === 'rejected' && open.some(({ do: kind }) => kind === 'reject' || kind === 'reserve');
    if (ended || ran.some(([, { kind }]) => kind === 'refused')) {
      ({ states, position } = await reload(shop, states, position));
    }
  }
}

/** All at once; the first error is thrown only when none is under way any more. */
async function runAll(
  steps: readonly Step[],
  runOne: (step: Step) => Promise<StepResult>,
): Promise<readonly (readonly [Step, StepResult])[]> {
  const settled = await Promise.allSettled(steps.map(runOne));
  return settled.map((outcome, i) => {
    const step = steps[i];
    if (outcome.status === 'rejected' || !step)
      throw outcome.status === 'rejected' ? outcome.reason : new Error('a step is missing');
    return [step, outcome.value] as const;
  });
}

async function reload(shop: Shop, states: CheckoutStates, position: Position | null) {
  const { terms, orderId, order } = states;
  const key = order.status === 'none' && terms !== null ? { cartId: terms.cartId } : { orderId };
  const loaded = await loadCheckout(shop, key, { fresh: true });
  // The cart was given back meanwhile, and may be another order's by now: this one ended without ever being placed.
  const isOurs = loaded?.states.orderId === orderId;
  const found = isOurs ? loaded : await loadCheckout(shop, { orderId }, { fresh: true });
  if (!found) throw new Error(`order ${orderId} cannot be read`);
  return { states: found.states, position: latest(position, found.position) };
}

/** Nothing more can be done now. When to look again: steps that wait for the gateway, and what the states say. */
function settle(
  { orderId }: CheckoutStates,
  { next, results, now }: { readonly next: Next; readonly results: ReadonlyMap<string, StepResult>; now: Instant },
): Instant | null {
  const left = next.steps.map((step) => [stepKey(step), results.get(stepKey(step))] as const);
  const refused = left.find(([, result]) => result?.kind === 'refused');
  if (refused) throw new StepRefused(orderId, refused[0], refused[1] as { readonly rejection: Rejection });
  const waiting = left.some(([, result]) => result?.kind === 'waiting');
  if (!waiting) return next.wakeAt;
  const pause = later(now, GATEWAY_PAUSE_MS);
  return next.wakeAt !== null && next.wakeAt < pause ? next.wakeAt : pause;
}

/** The states ask for a step that its stream refuses: it is tried again, and somebody should look. */
export class StepRefused extends Error {
  constructor(orderId: string, step: string, { rejection }: { readonly rejection: Rejection }) {
    super(`order ${orderId} cannot ${step}: ${rejection.code}: ${rejection.detail}`);
    this.name = 'StepRefused';
  }
}

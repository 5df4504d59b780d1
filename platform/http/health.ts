/** Whether the process lives, and whether it can do its work: for balancers, containers and people. */
import { z } from 'zod';
import { errorMessage } from '../process/error-code.ts';
import { within } from '../process/within.ts';
import { defineRoute, type RouteDefinition } from './route.ts';

/** Says in a few words why it does not hold, or undefined when it does. Must answer soon; it is cut after two seconds. */
export type HealthCheck = () => Promise<string | undefined>;

const checkResource = z.object({ ok: z.boolean(), detail: z.string().optional() });
const healthResource = z.object({
  status: z.enum(['ready', 'not_ready']),
  checks: z.record(z.string(), checkResource),
});

const CHECK_MS = 2_000;

/** `GET /health/live` and `GET /health/ready`; each check is named in the answer. */
export function healthRoutes(checks: Readonly<Record<string, HealthCheck>>): readonly RouteDefinition[] {
  return [
    defineRoute({
      method: 'get',
      path: '/health/live',
      summary: 'Whether the process runs: restart it when this does not answer',
      tag: 'operations',
      responses: { 200: { description: 'It runs', schema: z.object({ status: z.literal('live') }) } },
      handler: async () => ({ status: 200, body: { status: 'live' }, headers: NEVER_KEPT }),
    }),
    defineRoute({
      method: 'get',
      path: '/health/ready',
      summary: 'Whether it can serve: send it no requests when it cannot',
      tag: 'operations',
      responses: {
        200: { description: 'Everything it needs is there', schema: healthResource },
        503: { description: 'Something is not there', schema: healthResource },
      },
      async handler({ signal }) {
        const names = Object.keys(checks);
        const results = await Promise.all(names.map((name) => run(checks[name])));
        // A stopping process still answers what it has in hand, but wants no more.
        const stopping = signal.aborted ? [['process', { ok: false, detail: 'is stopping' }] as const] : [];
        const all = [...names.map((name, at) => [name, results[at] ?? { ok: false }] as const), ...stopping];
        const ready = all.every(([, { ok }]) => ok);
        const body = { status: ready ? 'ready' : 'not_ready', checks: Object.fromEntries(all) };
        return { status: ready ? 200 : 503, body, headers: NEVER_KEPT };
      },
    }),
  ];
}

const NEVER_KEPT = { 'cache-control': 'no-store' };

async function run(check: HealthCheck | undefined): Promise<z.output<typeof checkResource>> {
  if (check === undefined) return { ok: true };
  try {
    const detail = await within(CHECK_MS, check(), () => new Error(`did not answer within ${CHECK_MS / 1000} s`));
    return detail === undefined ? { ok: true } : { ok: false, detail };
  } catch (error) {
    return { ok: false, detail: errorMessage(error) };
  }
}

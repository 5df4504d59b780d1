/** What can go wrong on demand: a state that the double's parts look at, and the calls by which a test sets it. */

export type Endpoint = { readonly host: string; readonly port: number };

/** `all`: every call; `appends`, `reads`: only those. */
export type Denied = 'all' | 'appends' | 'reads';

export type Faults = {
  /**
   * The next `count` appends (1) lose their connection: before anything of them is written, or after it is written and
   * before the answer. What else arrives on a connection that was cut is not heard.
   */
  cutAppends(when: 'before-write' | 'after-write', count?: number): void;
  /** Cuts every connection once; new ones are taken. */
  cutConnections(): void;
  /** As a stopped process: connections are taken and stay, nothing is read or answered, not even pings. */
  freeze(): void;
  unfreeze(): void;
  /** Every call, and every append of a batch, waits this many milliseconds before it is looked at; 0 ends it. */
  slow(ms: number): void;
  /** From now on a follower of this leader: calls that require the leader are told where it is. null ends it. */
  notLeader(leader: Endpoint | null): void;
  /** Drops every live subscription as a server drops a consumer that is too slow; says how many there were. */
  dropSubscriptions(): number;
  /** Milliseconds between writing and committing: an identical append within it is dropped and times out. 0 ends it. */
  holdCommits(ms: number): void;
  /** Appends that are written and not committed yet. */
  uncommitted(): number;
  /** How far the server's clock is ahead of this machine's, in milliseconds (negative: behind). */
  clockOffset(ms: number): void;
  /** Refuses calls as a server does whose access list forbids them; null ends it. */
  denyAccess(what: Denied | null): void;
  /** Ends every fault. */
  clear(): void;
};

/** The state of the faults, as the parts of the double read it. */
export type FaultState = {
  cutBeforeWrite: number;
  cutAfterWrite: number;
  frozen: boolean;
  slowMs: number;
  leader: Endpoint | null;
  holdCommitMs: number;
  uncommitted: number;
  clockOffsetMs: number;
  denied: Denied | null;
  /** Called once when the freeze ends. */
  readonly thawing: Set<() => void>;
  readonly liveSubscriptions: Set<() => void>;
};

export function createFaultState(): FaultState {
  return {
    cutBeforeWrite: 0,
    cutAfterWrite: 0,
    frozen: false,
    slowMs: 0,
    leader: null,
    holdCommitMs: 0,
    uncommitted: 0,
    clockOffsetMs: 0,
    denied: null,
    thawing: new Set(),
    liveSubscriptions: new Set(),
  };
}

/** What the faults need of the connections. */
export type Cuttable = { cutAll(): void; pauseAll(): void; resumeAll(): void };

export function createFaults(state: FaultState, connections: Cuttable): Faults {
  const unfreeze = () => {
    if (!state.frozen) return;
    state.frozen = false;
    connections.resumeAll();
    const waiting = [...state.thawing];
    state.thawing.clear();
    for (const goOn of waiting) goOn();
  };
  return {
    cutAppends(when, count = 1) {
      if (when === 'before-write') state.cutBeforeWrite = count;
      else state.cutAfterWrite = count;
    },
    cutConnections: () => connections.cutAll(),
    freeze() {
      state.frozen = true;
      connections.pauseAll();
    },
    unfreeze,
    slow(ms) {
      state.slowMs = ms;
    },
    notLeader(leader) {
      state.leader = leader;
    },
    dropSubscriptions() {
      const live = [...state.liveSubscriptions];
      for (const drop of live) drop();
      return live.length;
    },
    holdCommits(ms) {
      state.holdCommitMs = ms;
    },
    uncommitted: () => state.uncommitted,
    clockOffset(ms) {
      state.clockOffsetMs = ms;
    },
    denyAccess(what) {
      state.denied = what;
    },
    clear() {
      Object.assign(state, { cutBeforeWrite: 0, cutAfterWrite: 0, slowMs: 0, leader: null, holdCommitMs: 0 });
      Object.assign(state, { clockOffsetMs: 0, denied: null });
      unfreeze();
    },
  };
}

/** Runs now, or when the server thaws. */
export function whenThawed(state: FaultState, run: () => void): void {
  if (state.frozen) state.thawing.add(run);
  else run();
}

/** Runs now, or after the delay that every call has for the moment. */
export function afterDelay(state: FaultState, run: () => void): void {
  if (state.slowMs === 0) whenThawed(state, run);
  else setTimeout(() => whenThawed(state, run), state.slowMs);
}

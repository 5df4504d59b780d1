/** What the contract's rules run on. */
import type { EventStore } from '../port.ts';

/** The log of this file, shared by its rules; each rule uses streams of its own. */
export type Subject = { readonly store: EventStore; reopen(): Promise<EventStore> };

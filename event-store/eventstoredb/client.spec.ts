/** A connection string that cannot be meant so is refused, and its password told to nobody. */
import { describe, expect, it, jest } from '@jest/globals';
import { closeClient, openClient } from './client.ts';

describe('the address of EventStoreDB', () => {
  it.each([
    ['esdb://admin:secret@127.0.0.1:2113?tls=false&tsl=false', 'it has no option tsl'],
    ['esdb://admin:secret@127.0.0.1:2113?tlsVerifyCert=false', 'tlsVerifyCert'],
    ['esdb://admin:secret@127.0.0.1:2113?tls=maybe', 'expected true or false'],
    ['esdb://admin:secret@127.0.0.1:port', 'expected port number'],
  ])('is refused as %s, without its password', (url, why) => {
    // What the client does not know it would print with the whole string.
    const printed = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    expect(() => openClient(url)).toThrow(why);
    expect(() => openClient(url)).not.toThrow('secret');
    expect(printed).not.toHaveBeenCalled();
    printed.mockRestore();
  });

  it('may have its options in any spelling that the client reads', async () => {
    const url = 'esdb://admin:secret@127.0.0.1:2113?TLS=false&keep-alive_interval=10000&nodePreference=follower';
    await closeClient(openClient(url, 'leader'));
  });
});

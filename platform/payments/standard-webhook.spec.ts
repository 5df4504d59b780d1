import { describe, expect, it } from '@jest/globals';
import { signWebhook, verifyWebhook } from './standard-webhook.ts';

const secret = `whsec_${Buffer.from('a secret of some thirty-two bytes').toString('base64')}`;
const now = 1_700_000_000_000;
const body = '{"type":"payment.authorised"}';
const signed = { ...signWebhook('msg_1', body, { secret, now }) };
const verify = (headers: Record<string, string | undefined>, text = body, at = now) =>
  verifyWebhook(headers, Buffer.from(text), { secret, now: at });

describe('a Standard Webhook', () => {
  it('has the signature of the example in the specification', () => {
    const headers = signWebhook('msg_p5jXN8AQM9LWM0D4loKWxJek', '{"test": 2432232314}', {
      secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      now: 1_614_265_330_000,
    });
    expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it('is accepted as it was signed', () => {
    expect(verify(signed)).toBe(true);
  });

  it('is refused with another body, id, time or secret', () => {
    expect(verify(signed, `${body} `)).toBe(false);
    expect(verify({ ...signed, 'webhook-id': 'msg_2' })).toBe(false);
    expect(verify({ ...signed, 'webhook-timestamp': '1700000001' })).toBe(false);
    const other = { secret: Buffer.from('other').toString('base64'), now };
    expect(verifyWebhook(signed, Buffer.from(body), other)).toBe(false);
  });

  it('is refused without one of its headers', () => {
    for (const name of Object.keys(signed)) expect(verify({ ...signed, [name]: undefined })).toBe(false);
  });

  it('is refused more than five minutes before or after its time', () => {
    expect(verify(signed, body, now + 300_000)).toBe(true);
    expect(verify(signed, body, now + 300_001)).toBe(false);
    expect(verify(signed, body, now - 300_001)).toBe(false);
  });

  it('is accepted when one of several signatures holds', () => {
    expect(verify({ ...signed, 'webhook-signature': `v1,AAAA ${signed['webhook-signature']}` })).toBe(true);
    expect(verify({ ...signed, 'webhook-signature': signed['webhook-signature'].replace('v1,', 'v2,') })).toBe(false);
  });
});

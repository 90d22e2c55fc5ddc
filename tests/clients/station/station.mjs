// A charging station on ocpp-rpc, whose strict mode checks by schemas of its own whatever comes and goes.
// node station.mjs URL IDENTITY KEY SUBPROTOCOL: tells its story in lines of JSON, and does what it is told in between.
import { RPCClient } from 'ocpp-rpc';

const [endpoint, identity, password, subprotocol] = process.argv.slice(2);
const say = (what, more = {}) => console.log(JSON.stringify({ what, ...more }));
const line = () => {
  const client = new RPCClient({ endpoint, identity, password, protocols: [subprotocol], strictMode: true, reconnect: false });
  client.on('strictValidationFailure', ({ error, outbound, method }) => say('invalid', { outbound, method, error: String(error) }));
  client.on('badMessage', ({ error }) => say('bad', { error: String(error) }));
  client.handle(({ method, params }) => {
    say('told', { method, params });
    return { status: method === 'UnlockConnector' ? 'Unlocked' : 'Accepted' };
  });
  return client;
};

const at = () => new Date().toISOString();
const stories = {
  'ocpp1.6': async (client) => {
    say('booted', await client.call('BootNotification', { chargePointVendor: 'strict', chargePointModel: 'station' }));
    await client.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Available', timestamp: at() });
    say('authorised', await client.call('Authorize', { idTag: 'GOOD' }));
    const began = await client.call('StartTransaction', { connectorId: 1, idTag: 'GOOD', meterStart: 100, timestamp: at() });
    say('started', began);
    const meterValue = [{ timestamp: at(), sampledValue: [{ value: '150', unit: 'Wh' }] }];
    await client.call('MeterValues', { connectorId: 1, transactionId: began.transactionId, meterValue });
    await client.close({ code: 1000 });
    const again = line();
    await again.connect();
    const stop = { transactionId: began.transactionId, idTag: 'GOOD', meterStop: 200, timestamp: at() };
    say('stopped', await again.call('StopTransaction', stop));
    say('transferred', await again.call('DataTransfer', { vendorId: 'strict' }));
    return again;
  },
  'ocpp2.0.1': async (client) => {
    say('booted', await client.call('BootNotification', { reason: 'PowerUp', chargingStation: { vendorName: 'strict', model: 'station' } }));
    await client.call('StatusNotification', { evseId: 1, connectorId: 1, connectorStatus: 'Available', timestamp: at() });
    const idToken = { idToken: 'GOOD', type: 'ISO14443' };
    say('authorised', await client.call('Authorize', { idToken }));
    const event = (eventType, seqNo, triggerReason, more = {}) =>
      client.call('TransactionEvent', { eventType, seqNo, triggerReason, timestamp: at(), transactionInfo: { transactionId: 't-1' }, ...more });
    say('started', await event('Started', 0, 'Authorized', { idToken, evse: { id: 1, connectorId: 1 } }));
    await event('Updated', 1, 'MeterValuePeriodic', { meterValue: [{ timestamp: at(), sampledValue: [{ value: 150 }] }] });
    await client.close({ code: 1000 });
    const again = line();
    await again.connect();
    say('stopped', await again.call('TransactionEvent', { eventType: 'Ended', seqNo: 2, triggerReason: 'StopAuthorized', timestamp: at(), idToken,
      transactionInfo: { transactionId: 't-1', stoppedReason: 'Local' } }));
    say('transferred', await again.call('DataTransfer', { vendorId: 'strict' }));
    return again;
  },
};

const first = line();
await first.connect();
const last = await stories[subprotocol](first);
say('waiting');
process.stdin.on('end', async () => {
  await last.close();
  say('over');
  process.exit(0);
});
process.stdin.resume();

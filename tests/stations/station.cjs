// A charging station with one or more EVSEs on the package ocpp-rpc, in its strict mode: whatever either side says is held against
// that package's own schemas. It is told what happens to it in lines of JSON on its standard input, and tells
// what it hears, says and becomes in lines of JSON on its standard output.
"use strict";

const readline = require("node:readline");
const { RPCClient, createRPCError } = require("ocpp-rpc");

const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");
const now = () => new Date().toISOString();

/** What both versions have in common: EVSEs, their reservation and transaction, a meter that only rises, and a queue. */
class Station {
  constructor(options) {
    this.options = options;
    this.evses = new Map();
    for (let number = 1; number <= options.evses; number += 1) {
      this.evses.set(number, { number, meter: 1000, reservation: null, transaction: null, plugged: false, fault: false });
    }
    this.queue = [];
    this.connected = false;
    this.connector = new RPCClient({
      endpoint: options.endpoint,
      identity: options.identity,
      password: options.password,
      protocols: [options.protocol],
      strictMode: true,
      reconnect: false,
      callTimeoutMs: 10000,
      ...(options.ca ? { wsOpts: { ca: options.ca, cert: options.cert, key: options.key } } : {}),
    });
    this.connector.on("strictValidationFailure", (failure) => say({ event: "invalid", detail: String(failure.error) }));
    this.connector.on("disconnect", (reason) => {
      this.connected = false;
      say({ event: "disconnected", code: reason.code });
    });
    this.connector.handle(({ method, params }) => {
      const answer = this.ordered(method, params);
      say({ event: "ordered", method, params, answer });
      if (this.after) setImmediate(this.after);
      this.after = null;
      return answer;
    });
  }

  async connect() {
    await this.connector.connect();
    this.connected = true;
    say({ event: "connected", protocol: this.connector.protocol });
  }

  async call(method, params) {
    const answer = await this.connector.call(method, params);
    say({ event: "called", method, params, answer });
    return answer;
  }

  /** What must arrive: kept in order while there is no connection, and sent again until it is answered. */
  async deliver(method, params) {
    this.queue.push([method, params]);
    return this.connected ? this.drain() : null;
  }

  async drain() {
    let answer = null;
    while (this.queue.length > 0) {
      answer = await this.call(...this.queue[0]);
      this.queue.shift();
    }
    return answer;
  }

  evse(number) {
    const evse = this.evses.get(number);
    if (!evse) throw createRPCError("PropertyConstraintViolation", "no such EVSE");
    return evse;
  }

  /** Why a reservation is not taken, or null. An honest station has one per EVSE. */
  unreservable(evse, number) {
    if (evse.fault) return "Faulted";
    if (evse.transaction || evse.plugged) return "Occupied";
    if (evse.reservation && evse.reservation.number !== number) return "Occupied";
    return null;
  }

  reserve(evse, number, token, group, until) {
    const refused = this.unreservable(evse, number);
    if (refused) return refused;
    clearTimeout(evse.reservation?.timer);
    const timer = setTimeout(() => this.expire(evse, number), Math.max(0, Date.parse(until) - Date.now()));
    timer.unref();
    evse.reservation = { number, token, group, timer };
    this.after = () => this.tell(evse);
    return "Accepted";
  }

  async expire(evse, number) {
    if (evse.reservation?.number !== number) return;
    evse.reservation = null;
    say({ event: "expired", number });
    if (this.connected) await this.expired(evse, number);
  }

  cancel(number) {
    const evse = [...this.evses.values()].find((each) => each.reservation?.number === number);
    if (!evse) return "Rejected";
    clearTimeout(evse.reservation.timer);
    evse.reservation = null;
    this.after = () => this.tell(evse);
    return "Accepted";
  }

  /** Whether the station itself lets this token in; a careless one does not look. */
  lets(evse, token, group) {
    if (this.options.careless || !evse.reservation) return true;
    const same = (one, other) => one != null && other != null && one.toLowerCase() === other.toLowerCase();
    return same(evse.reservation.token, token) || same(evse.reservation.group, group);
  }

  take(evse) {
    const number = evse.reservation?.number;
    clearTimeout(evse.reservation?.timer);
    evse.reservation = null;
    return number;
  }

  async swipe({ evse: number, token }) {
    const evse = this.evse(number);
    const info = this.connected ? await this.authorize(token) : { status: "Accepted" };
    if (info.status !== "Accepted") return say({ event: "refused", token, by: "centre", status: info.status });
    if (!this.lets(evse, token, info.group)) return say({ event: "refused", token, by: "station" });
    return this.begin(evse, token);
  }

  async fault({ evse: number, on }) {
    const evse = this.evse(number);
    evse.fault = on;
    await this.tell(evse);
  }

  async cut() {
    this.connected = false;
    this.connector.removeAllListeners("disconnect");
    await this.connector.close({ force: true });
    say({ event: "cut" });
  }
}

class Station16 extends Station {
  status(evse) {
    if (evse.fault) return "Faulted";
    if (evse.transaction) return "Charging";
    if (evse.plugged) return "Preparing";
    return evse.reservation ? "Reserved" : "Available";
  }

  tell(evse) {
    return this.call("StatusNotification", {
      connectorId: evse.number,
      errorCode: evse.fault ? "GroundFailure" : "NoError",
      status: this.status(evse),
      timestamp: now(),
    });
  }

  expired(evse) {
    return this.tell(evse);
  }

  async boot() {
    const answer = await this.call("BootNotification", {
      chargePointVendor: "Werkbank",
      chargePointModel: "Sechzehn",
      firmwareVersion: "1.0",
    });
    if (answer.status === "Accepted") for (const evse of this.evses.values()) await this.tell(evse);
    return answer;
  }

  async authorize(token) {
    const { idTagInfo } = await this.call("Authorize", { idTag: token });
    return { status: idTagInfo.status, group: idTagInfo.parentIdTag };
  }

  async begin(evse, token) {
    evse.plugged = true;
    const reservationId = this.take(evse);
    const start = { connectorId: evse.number, idTag: token, meterStart: evse.meter, timestamp: now() };
    if (reservationId !== undefined) start.reservationId = reservationId;
    evse.transaction = { token, id: null };
    const answer = await this.deliver("StartTransaction", start);
    if (answer) evse.transaction.id = answer.transactionId;
    if (this.connected) await this.tell(evse);
    say({ event: "charging", evse: evse.number, transaction: evse.transaction.id });
  }

  async charge({ evse: number, wh, watts = 11000 }) {
    const evse = this.evse(number);
    evse.meter += wh;
    const sampledValue = [
      { value: String(evse.meter), measurand: "Energy.Active.Import.Register", unit: "Wh", context: "Sample.Periodic" },
      { value: String(watts), measurand: "Power.Active.Import", unit: "W", context: "Sample.Periodic" },
    ];
    const values = { connectorId: number, meterValue: [{ timestamp: now(), sampledValue }] };
    if (evse.transaction?.id != null) values.transactionId = evse.transaction.id;
    await this.deliver("MeterValues", values);
  }

  async stop({ evse: number, reason = "Local", again = 0, signed = null }) {
    const evse = this.evse(number);
    const { id, token } = evse.transaction;
    const stop = { transactionId: id, idTag: token, meterStop: evse.meter, timestamp: now(), reason };
    if (signed) {
      const sampledValue = [{ value: signed, format: "SignedData", context: "Transaction.End" }];
      stop.transactionData = [{ timestamp: stop.timestamp, sampledValue }];
    }
    evse.transaction = null;
    evse.plugged = false;
    for (let time = 0; time <= again; time += 1) await this.deliver("StopTransaction", stop);
    if (this.connected) await this.tell(evse);
  }

  ordered(method, params) {
    const running = () => [...this.evses.values()].find((each) => each.transaction?.id === params.transactionId);
    switch (method) {
      case "ReserveNow": {
        const { connectorId, reservationId, idTag, parentIdTag, expiryDate } = params;
        if (connectorId === 0) return { status: "Rejected" };
        return { status: this.reserve(this.evse(connectorId), reservationId, idTag, parentIdTag, expiryDate) };
      }
      case "CancelReservation":
        return { status: this.cancel(params.reservationId) };
      case "RemoteStartTransaction": {
        const evse = this.evse(params.connectorId ?? 1);
        if (evse.transaction || evse.fault || !this.lets(evse, params.idTag, null)) return { status: "Rejected" };
        this.after = () => this.begin(evse, params.idTag);
        return { status: "Accepted" };
      }
      case "RemoteStopTransaction": {
        const evse = running();
        if (!evse) return { status: "Rejected" };
        this.after = () => this.stop({ evse: evse.number, reason: "Remote" });
        return { status: "Accepted" };
      }
      case "SetChargingProfile":
      case "ClearChargingProfile":
      case "ChangeAvailability":
      case "ChangeConfiguration":
      case "Reset":
      case "TriggerMessage":
        return { status: "Accepted" };
      case "UnlockConnector":
        return { status: "Unlocked" };
      case "GetConfiguration":
        return { configurationKey: [{ key: "HeartbeatInterval", readonly: false, value: "300" }], unknownKey: [] };
      default:
        throw createRPCError("NotImplemented", method);
    }
  }
}

class Station201 extends Station {
  status(evse) {
    if (evse.fault) return "Faulted";
    if (evse.transaction || evse.plugged) return "Occupied";
    return evse.reservation ? "Reserved" : "Available";
  }

  tell(evse) {
    return this.call("StatusNotification", {
      timestamp: now(),
      connectorStatus: this.status(evse),
      evseId: evse.number,
      connectorId: 1,
    });
  }

  async expired(evse, number) {
    await this.call("ReservationStatusUpdate", { reservationId: number, reservationUpdateStatus: "Expired" });
    await this.tell(evse);
  }

  async boot() {
    const answer = await this.call("BootNotification", {
      reason: "PowerUp",
      chargingStation: { vendorName: "Werkbank", model: "Zweinullzwei", firmwareVersion: "2.0" },
    });
    if (answer.status === "Accepted") for (const evse of this.evses.values()) await this.tell(evse);
    return answer;
  }

  async authorize(token) {
    const { idTokenInfo } = await this.call("Authorize", { idToken: { idToken: token, type: "Central" } });
    return { status: idTokenInfo.status, group: idTokenInfo.groupIdToken?.idToken };
  }

  event(evse, eventType, triggerReason, more = {}) {
    const { transaction } = evse;
    const offline = this.connected ? {} : { offline: true };
    const value = (measurand, of) => ({ value: of, measurand });
    const context = { Started: "Transaction.Begin", Updated: "Sample.Periodic", Ended: "Transaction.End" }[eventType];
    const sampledValue = [value("Energy.Active.Import.Register", evse.meter)];
    if (more.watts) sampledValue.push(value("Power.Active.Import", more.watts));
    if (more.signed) sampledValue[0].signedMeterValue = more.signed;
    transaction.seq += 1;
    return this.deliver("TransactionEvent", {
      eventType,
      triggerReason,
      timestamp: now(),
      seqNo: transaction.seq - 1,
      ...offline,
      transactionInfo: { transactionId: transaction.id, ...more.info },
      meterValue: [{ timestamp: now(), sampledValue: sampledValue.map((each) => ({ ...each, context })) }],
      ...more.fields,
    });
  }

  async begin(evse, token, remoteStartId = undefined) {
    evse.plugged = true;
    const reservationId = this.take(evse);
    evse.transaction = { id: `${this.options.identity}-${evse.number}-${Date.now()}`, seq: 0, token };
    const fields = { evse: { id: evse.number, connectorId: 1 }, idToken: { idToken: token, type: "Central" } };
    if (reservationId !== undefined) fields.reservationId = reservationId;
    const info = { chargingState: "Charging", ...(remoteStartId === undefined ? {} : { remoteStartId }) };
    await this.event(evse, "Started", remoteStartId === undefined ? "Authorized" : "RemoteStart", { fields, info });
    if (this.connected) await this.tell(evse);
    say({ event: "charging", evse: evse.number, transaction: evse.transaction.id });
  }

  async charge({ evse: number, wh, watts = 11000 }) {
    const evse = this.evse(number);
    evse.meter += wh;
    await this.event(evse, "Updated", "MeterValuePeriodic", { watts, info: { chargingState: "Charging" } });
  }

  async stop({ evse: number, reason = "Local", again = 0, signed = null }) {
    const evse = this.evse(number);
    const sealed = signed
      ? { signedMeterData: signed, signingMethod: "", encodingMethod: "OCMF", publicKey: "" }
      : undefined;
    const trigger = reason === "Remote" ? "RemoteStop" : "StopAuthorized";
    const { seq } = evse.transaction;
    for (let time = 0; time <= again; time += 1) {
      evse.transaction.seq = seq;
      await this.event(evse, "Ended", trigger, { signed: sealed, info: { stoppedReason: reason } });
    }
    evse.transaction = null;
    evse.plugged = false;
    if (this.connected) await this.tell(evse);
  }

  ordered(method, params) {
    const running = () => [...this.evses.values()].find((each) => each.transaction?.id === params.transactionId);
    switch (method) {
      case "ReserveNow": {
        const { id, evseId, idToken, groupIdToken, expiryDateTime } = params;
        if (evseId === undefined) return { status: "Rejected" };
        const group = groupIdToken?.idToken;
        return { status: this.reserve(this.evse(evseId), id, idToken.idToken, group, expiryDateTime) };
      }
      case "CancelReservation":
        return { status: this.cancel(params.reservationId) };
      case "RequestStartTransaction": {
        const evse = this.evse(params.evseId ?? 1);
        const token = params.idToken.idToken;
        if (evse.transaction || evse.fault || !this.lets(evse, token, params.groupIdToken?.idToken)) {
          return { status: "Rejected" };
        }
        this.after = () => this.begin(evse, token, params.remoteStartId);
        return { status: "Accepted" };
      }
      case "RequestStopTransaction": {
        const evse = running();
        if (!evse) return { status: "Rejected" };
        this.after = () => this.stop({ evse: evse.number, reason: "Remote" });
        return { status: "Accepted" };
      }
      case "SetVariables": {
        const answer = ({ component, variable }) => ({ attributeStatus: "Accepted", component, variable });
        return { setVariableResult: params.setVariableData.map(answer) };
      }
      case "GetVariables": {
        const answer = ({ component, variable }) => ({
          attributeStatus: "Accepted",
          attributeValue: "300",
          component,
          variable,
        });
        return { getVariableResult: params.getVariableData.map(answer) };
      }
      case "SetChargingProfile":
      case "ClearChargingProfile":
      case "ChangeAvailability":
      case "Reset":
      case "TriggerMessage":
      case "GetBaseReport":
        return { status: "Accepted" };
      case "UnlockConnector":
        return { status: "Unlocked" };
      default:
        throw createRPCError("NotImplemented", method);
    }
  }
}

const options = JSON.parse(process.argv[2]);
const station = new { "ocpp1.6": Station16, "ocpp2.0.1": Station201 }[options.protocol](options);
const acts = new Set(["connect", "boot", "swipe", "charge", "stop", "fault", "cut", "drain"]);

readline.createInterface({ input: process.stdin }).on("line", async (line) => {
  const { act, ...details } = JSON.parse(line);
  try {
    if (!acts.has(act)) throw new Error(`no such act: ${act}`);
    const answer = await station[act](details);
    say({ event: "done", act, answer: answer ?? null });
  } catch (error) {
    say({ event: "failed", act, code: error.rpcErrorCode ?? error.code ?? error.name, detail: error.message });
  }
});
process.stdin.on("end", () => process.exit(0));

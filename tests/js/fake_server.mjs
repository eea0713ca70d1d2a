// The other end of a rooms socket, in memory: keeps what was sent, says what the test wants it to say.

export class FakeSocket {
  static all = [];
  static get last() {
    return FakeSocket.all.at(-1);
  }

  readyState = 0;
  sent = [];

  constructor(url) {
    this.url = url;
    FakeSocket.all.push(this);
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.readyState = 3;
  }

  say(frame) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  welcome() {
    this.readyState = 1;
    this.say({ type: 'welcome', connection: 'c', heartbeat_s: 25 });
  }

  cut(code = 1006) {
    this.readyState = 3;
    this.onclose?.({ code });
  }

  joins() {
    return this.sent.filter(({ type }) => type === 'join');
  }
}

export const message = (offset, { epoch = 'e1', room = 'device01', at = 1000 * offset, data = String(offset) } = {}) => (
  { type: 'message', room, epoch, offset, at, data });

export const joined = (offset, more = {}) => ({ type: 'joined', room: 'device01', epoch: 'e1', offset, recovered: null,
  messages: [], watchers: 1, gaps: [], ...more });

export const gap = (from, to, more = {}) => ({ type: 'gap', room: 'device01', from: from && { epoch: 'e1', offset: from },
  to: to && { epoch: 'e1', offset: to }, since_ms: 1000, until_ms: 4000, reason: 'trimmed', ...more });

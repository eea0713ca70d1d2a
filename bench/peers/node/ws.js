// `ws` at its best: a message's frame is built once and the same bytes are written to every socket of the room.
'use strict';

const { createServer } = require('node:http');
const Redis = require('ioredis');
const { Sender, WebSocketServer } = require('ws');

const [port, redisPort] = process.argv.slice(2).map(Number);
const http = createServer();
const server = new WebSocketServer({ server: http, perMessageDeflate: false });
const rooms = new Map();

function join(socket, room) {
  if (!rooms.has(room)) rooms.set(room, new Set());
  rooms.get(room).add(socket);
  socket.on('close', () => rooms.get(room).delete(socket));
  socket.send(`joined ${room}`);
}

server.on('connection', (socket) => {
  socket.on('error', () => {});
  socket.on('message', (data) => join(socket, data.toString().slice('join '.length)));
});

const redis = new Redis(redisPort, '127.0.0.1');
redis.on('error', () => {}); // it comes back by itself
redis.psubscribe('*');
redis.on('pmessage', (pattern, room, text) => {
  const members = rooms.get(room);
  if (!members) return;
  const options = { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: false };
  const frame = Buffer.concat(Sender.frame(Buffer.from(text), options));
  for (const socket of members) socket._socket.write(frame);
});

http.listen(port, '127.0.0.1');

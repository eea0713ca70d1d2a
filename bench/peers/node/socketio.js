// Socket.IO 4 fed by Redis: the Node twin of the Go server that Roomtone took the place of.
'use strict';

const { createServer } = require('node:http');
const Redis = require('ioredis');
const { Server } = require('socket.io');

const [port, redisPort] = process.argv.slice(2).map(Number);
const http = createServer();
const io = new Server(http, { transports: ['websocket'], perMessageDeflate: false, serveClient: false });

io.on('connection', (socket) => {
  socket.on('join', (room, answer) => {
    socket.join(room);
    answer();
  });
});

const redis = new Redis(redisPort, '127.0.0.1');
redis.on('error', () => {}); // it comes back by itself
redis.psubscribe('*');
redis.on('pmessage', (pattern, room, text) => io.to(room).emit('message', text));

http.listen(port, '127.0.0.1');

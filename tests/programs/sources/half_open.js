// Two echo servers. The second allows half-open connections and then forgets what it has promised: to end them itself.
const net = require('net');

const [port, halfOpenPort] = process.argv.slice(2).map(Number);
const echo = (socket) => socket.on('data', (bytes) => socket.write(bytes));

net.createServer(echo).listen(port, '127.0.0.1');
net.createServer({ allowHalfOpen: true }, echo).listen(halfOpenPort, '127.0.0.1');

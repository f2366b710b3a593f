import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';

const webhook = new Webhook(process.env.SIGNING_SECRET);

createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk;
  let join;
  try {
    join = webhook.verify(body, request.headers).data;
  } catch {
    return response.writeHead(401).end();
  }
  const url = `https://rooms.example.com/${join.room}?as=${join.role}`;
  response.writeHead(200).end(JSON.stringify({ url }));
}).listen(process.env.PORT, '127.0.0.1');

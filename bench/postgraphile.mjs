// PostGraphile over the plain server's tables, in one process: see postgraphile.py.
import { createRequire } from "node:module";
import { createServer } from "node:http";
import { join } from "node:path";

const load = createRequire(join(process.env.DEALGRAPH_BENCH_NODE, "package.json"));
const { postgraphile } = load("postgraphile");
const { PostGraphileAmberPreset } = load("postgraphile/presets/amber");
const { makePgService } = load("postgraphile/adaptors/pg");
const { grafserv } = load("postgraphile/grafserv/node");

const connectionString = process.env.BENCH_POSTGRAPHILE_URL;
const port = Number(process.env.BENCH_POSTGRAPHILE_PORT);
const server = createServer();
const service = postgraphile({
  extends: [PostGraphileAmberPreset],
  pgServices: [makePgService({ connectionString, schemas: ["public"], poolConfig: { max: 10 } })],
  grafserv: { graphiql: false, watch: false },
}).createServ(grafserv);
await service.addTo(server);
server.listen(port, "127.0.0.1");

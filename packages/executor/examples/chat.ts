// A chat room on ws: its history lives in the memory of one pod and goes along when the pod is drained. Clients are told
// 1012, connect again, and find it.
import { once } from "node:events";
import { createServer } from "node:http";
import { MemoryStore, PodAgent, StatefulRouter, wire } from "@route/executor";
import { WebSocket, WebSocketServer } from "ws";

const service = { namespace: "example", service: "chat" };
const store = new MemoryStore();

interface Room {
  readonly history: string[];
  readonly members: Set<WebSocket>;
}

const startPod = async (id: number) => {
  const rooms = new Map<string, Room>();
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const agent = new PodAgent({
    ...service,
    ...{ store, id, address: `127.0.0.1:${port}` },
    onAcquire: (uid, { state }) => {
      const history: string[] = typeof state === "string" ? JSON.parse(state) : [];
      rooms.set(uid, { history, members: new Set() });
    },
    // All sockets of the room have been closed with 1012 by now.
    onRelease: (uid) => {
      const room = rooms.get(uid);
      rooms.delete(uid);
      return JSON.stringify(room?.history);
    },
    onLost: (uid) => rooms.delete(uid),
  });
  const sockets = new WebSocketServer({ noServer: true });
  const upgrade = agent.guardUpgrade((req, socket, head, { uid }) => {
    sockets.handleUpgrade(req, socket, head, (member) => {
      const room = rooms.get(uid);
      if (!room) return member.close(wire.movedCloseCode);
      room.members.add(member);
      member.on("close", () => room.members.delete(member));
      member.on("message", (line) => {
        room.history.push(`${line}`);
        for (const each of room.members) each.send(`${line}`);
      });
      for (const line of room.history) member.send(line);
    });
  });
  server.on("upgrade", upgrade);
  await agent.start();
  const stop = async (): Promise<void> => {
    await agent.stop();
    server.close();
  };
  return { agent, stop };
};

// What a gateway does with an upgrade. A browser would connect to the gateway and bring no headers of ours.
const router = new StatefulRouter({ ...service, store });
const connect = async (uid: string, onLine: (line: string) => void): Promise<WebSocket> => {
  for (let attempt = 0; attempt < 10; attempt++) {
    const { address, fence } = await router.resolve(uid);
    const socket = new WebSocket(`ws://${address}/`, { headers: wire.routeHeaders(uid, fence) });
    // Before it is open: the history may come with the very same packet.
    socket.on("message", (line) => onLine(`${line}`));
    try {
      await once(socket, "open");
      return socket;
    } catch {
      // Refused: the hint was old.
      router.forget(uid);
    }
  }
  throw new Error(`no pod serves ${uid}`);
};

/** A client that comes back whenever it is told to. */
const join = async (name: string, room: string) => {
  const heard: string[] = [];
  let socket: WebSocket;
  let left = false;
  const enter = async (): Promise<void> => {
    socket = await connect(room, (line) => {
      if (!heard.includes(line)) heard.push(line);
    });
    socket.on("close", (code) => {
      if (left) return;
      console.log(`${name} is told ${code} and connects again`);
      void enter();
    });
  };
  await enter();
  const say = async (line: string): Promise<void> => {
    while (!heard.includes(`${name}: ${line}`)) {
      if (socket.readyState === WebSocket.OPEN) socket.send(`${name}: ${line}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const leave = (): void => {
    left = true;
    socket.close();
  };
  return { heard, say, leave };
};

const old = await startPod(0);
const ann = await join("ann", "room:lobby");
await ann.say("is anybody here?");

const next = await startPod(1);
await old.agent.drain();
await old.stop();

const ben = await join("ben", "room:lobby");
await ben.say("yes");
await ann.say("good");
console.log(`ben has read: ${ben.heard.join(" / ")}`);
console.log(`pod 1 holds ${next.agent.held().join()}`);

ann.leave();
ben.leave();
router.close();
await next.stop();

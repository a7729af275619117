// What gateways and pods say to each other in HTTP headers, in both directions.

/** The uid, percent-encoded (`encodeURIComponent`), for header values are Latin-1. */
export const uidHeader = "x-route-uid";
/** The fence of the link that the gateway follows, in decimal. */
export const fenceHeader = "x-route-fence";
/** What gateway and pods share, so that nobody else can speak these headers. */
export const secretHeader = "x-route-secret";
/**
 * Why the pod does not serve the uid: `not-owner`, `lease`, `draining`, `full`, `moving` with a 421, `failed` with a 503.
 * Tells a refusal of the guard, before user code ran, from an answer of user code.
 */
export const refusedHeader = "x-route-refused";
/** On a 421: the pod that the link names, if the refusing pod knows. */
export const ownerHeader = "x-route-owner";
/** On every answer of user code behind the guard: the pod's load. */
export const loadHeader = "x-route-load";
/** All of them start so: a gateway strips such headers from its clients. */
export const headerPrefix = "x-route-";

/** What a gateway adds to a request for the owner of `uid`. */
export const routeHeaders = (uid: string, fence: number, secret?: string): Record<string, string> => {
  const headers = { [uidHeader]: encodeURIComponent(uid), [fenceHeader]: `${fence}` };
  return secret === undefined ? headers : { ...headers, [secretHeader]: secret };
};

/** A WebSocket is closed with this code when its uid leaves the pod: the client connects again and reaches the new owner. */
export const movedCloseCode = 1012;

/** The close frame of a server with that code: final, opcode 8, two bytes, not masked (RFC 6455, 5.5.1). */
export const movedCloseFrame: Uint8Array = Uint8Array.of(0x88, 2, movedCloseCode >> 8, movedCloseCode & 0xff);

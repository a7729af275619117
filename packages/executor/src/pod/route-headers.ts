import type { IncomingHttpHeaders } from "node:http";
import { fenceHeader, secretHeader, uidHeader } from "../wire.ts";

const single = (value: string | string[] | undefined): string => (typeof value === "string" ? value : "");

const decodeUid = (text: string): string => {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
};

/** The uid that a request is for, or `""`. */
export const uidOfHeaders = (headers: IncomingHttpHeaders): string => decodeUid(single(headers[uidHeader]));

/** The fence under which it was sent, as it stands there, or `""`. */
export const fenceTextOfHeaders = (headers: IncomingHttpHeaders): string => single(headers[fenceHeader]);

/** The number, or 0 if that is no fence. */
export const parseFence = (text: string): number => {
  const fence = Number(text);
  return Number.isSafeInteger(fence) && fence >= 1 ? fence : 0;
};

/** Whether the request brings the secret. In a time that does not tell how much of it is right; allocates nothing. */
export const hasSecret = (headers: IncomingHttpHeaders, secret: string): boolean => {
  const given = single(headers[secretHeader]);
  let difference = given.length ^ secret.length;
  for (let index = 0; index < secret.length; index++) difference |= given.charCodeAt(index) ^ secret.charCodeAt(index);
  return difference === 0;
};

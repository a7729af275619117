/// <reference lib="esnext.disposable" preserve="true" />
export {};

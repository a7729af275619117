declare module "parse-prometheus-text-format" {
  interface Family {
    readonly name: string;
    readonly type: string;
    readonly metrics: readonly { readonly value?: string; readonly count?: string; readonly sum?: string }[];
  }
  const parse: (text: string) => Family[];
  export default parse;
}

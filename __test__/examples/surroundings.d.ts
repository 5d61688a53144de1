/** What the examples of README and of the comments leave to the reader. */
type Pool = import('workpool').Pool
interface Connection {
  query(sql: string, ...values: unknown[]): Promise<string[]>
  end(): Promise<void>
}
declare class ConnectionLost extends Error {}
declare class ValidationError extends Error {}
declare function connect(host?: string): Promise<Connection>
declare function handle(message: string): Promise<void>
declare function fetchPosts(id: number): Promise<string[]>
declare function fetchUser(id: number): Promise<string>
declare function index(page: Response): void
declare function migrate(): Promise<void>
declare function print(row: unknown): void
declare function report(tenant: object): Promise<string>
declare function refresh(key: string): Promise<void>
declare function render(path: string | undefined, signal?: AbortSignal): Promise<string>
declare function transcode(video: string): Promise<void>
declare function walk(path: string): AsyncIterable<string>
declare function write(html: string): Promise<void>
declare function writeFile(path: string, text: string): Promise<void>
declare var audit: { write(entry: object): Promise<void> },
  metrics: { skipped: number; failed(name: string | undefined, runMs: number): void }
declare var db: import('workpool').MultiPool<import('workpool').Pool<Connection>>,
  multi: import('workpool').MultiPool<Pool>
interface Addon {
  hash(ticket: import('workpool').NativeTicket, data: Uint8Array): Promise<Uint8Array>
  pack(ticket: import('workpool').NativeTicket, data: Uint8Array): Promise<Uint8Array>
}
declare var addon: Addon, buffer: Uint8Array, data: Uint8Array, native: import('workpool').NativePool
declare var config: object,
  entry: object,
  error: unknown,
  filename: URL,
  id: number,
  ids: number[],
  image: Uint8Array,
  images: Uint8Array<ArrayBuffer>[],
  job: import('workpool/jobs').Job,
  jobs: import('workpool/jobs').Jobs,
  key: string,
  local: Pool,
  paths: string[]
/** Examples of either kind go on with it. */
declare var pool: Omit<Pool, 'kind'> & Omit<import('workpool').ThreadPool, 'kind'>,
  queue: AsyncIterable<string>,
  remote: Pool,
  response: import('node:http').ServerResponse
declare var tenant: { id: string },
  threads: import('workpool').ThreadPool,
  text: string,
  texts: string[],
  url: string,
  urls: string[],
  video: string

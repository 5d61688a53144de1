declare var audit: any, connect: any, entry: any, handle: any, image: any, index: any, key: any, metrics: any, paths: any[];
declare var queue: any[], refresh: any, render: any, server: any, text: any, url: any, urls: any[], walk: any, write: any;
declare var filename: URL, local: Pool, pool: Pool, remote: Pool;
type Pool = import('workpool').Pool<any>;
declare class ConnectionLost extends Error {}

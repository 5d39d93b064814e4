// Generated from the schemas of the routes by `npm run docs:generate`; do not edit.

export interface paths {
  '/api/v1/instruments': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Every instrument with its state
     * @description Each instrument that this process answers for, and why it has no values.
     */
    get: operations['listInstruments']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/pipeline': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Where every frame is, and where time is lost
     * @description Connection, clock, stages, what is queued, partitions with their lag.
     */
    get: operations['getPipeline']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/snapshots': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * All live books in short
     * @description No levels and no windows; `state=any` lists the others too, without values.
     */
    get: operations['listSnapshots']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/snapshots/{instrument}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * One book with its levels and windows
     * @description One atomic reading. A book that is not live is a problem with status 503 that says why.
     */
    get: operations['getSnapshot']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/api/v1/stream': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Books and states as they change
     * @description Server-sent events. `event: snapshot` is one live book, at most ten a second for each, the newest wins; `event: state` says what an instrument is now. A comment comes every 15 seconds; a client that takes nothing for 10 seconds is closed.
     */
    get: operations['streamBooks']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/livez': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Whether the process can do its job
     * @description To restart it by. The exchange and the broker do not count.
     */
    get: operations['getLiveness']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/metrics': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Metrics for Prometheus
     * @description The text format 0.0.4, or OpenMetrics 1.0.0 where `Accept` asks for it.
     */
    get: operations['getMetrics']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/openapi.json': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * This document
     * @description OpenAPI 3.1, made from the schemas that the answers are checked by.
     */
    get: operations['getOpenApi']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/readyz': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Whether what it says can be used
     * @description A problem with status 503 has the failing checks in `checks`.
     */
    get: operations['getReadiness']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
}
export type webhooks = Record<string, never>
export interface components {
  schemas: {
    /**
     * Account
     * @description received = produced + dropped + queued + inFlight
     */
    Account: {
      dropped: {
        [key: string]: number
      }
      inFlight: number
      produced: number
      queued: number
      received: number
      topic: string
    }
    /** Alive */
    Alive: {
      /** @enum {string} */
      status: 'alive'
    }
    /** Band */
    Band: {
      ask: number | null
      askCovered: boolean | null
      bid: number | null
      bidCovered: boolean | null
      imbalance: number | null
    }
    /** Check */
    Check: {
      detail: string | null
      status: 'pass' | 'fail'
    }
    /** ClockOffset */
    ClockOffset: {
      /** @description exchange time minus local time */
      offsetMs: number
      roundTripMs: number
      uncertaintyMs: number
    }
    /** Connection */
    Connection: {
      acknowledgedChannels: number
      isConnected: boolean
      lastFrameTimeMs: number | null
      missingChannels: string[]
      problem: string | null
      requestedChannels: number
    }
    /** Instruments */
    Instruments: {
      instruments: components['schemas']['InstrumentState'][]
    }
    /** InstrumentState */
    InstrumentState: {
      instrument: string
      lastUpdateMs: number | null
      reason: string | null
      sinceMs: number
      /** @enum {string} */
      state:
        'catching_up' | 'stale' | 'gap' | 'waiting' | 'halted' | 'invalid' | 'one_sided' | 'live'
      verifiedTimeMs: number | null
    }
    /** LastTrade */
    LastTrade: {
      amount: number
      exchangeTimeMs: number
      price: number
      /** @enum {string} */
      side: 'buy' | 'sell'
    } | null
    /** Partition */
    Partition: {
      lagRecords: number
      lagSeconds: number | null
      partition: number
      topic: string
    }
    /**
     * Pipeline
     * @description what the role of the process does not have is null
     */
    Pipeline: {
      accounts: components['schemas']['Account'][] | null
      clockOffset: components['schemas']['ClockOffset'] | null
      connection: components['schemas']['Connection'] | null
      partitions: components['schemas']['Partition'][] | null
      poison: components['schemas']['PoisonRecord'][] | null
      /** @enum {string} */
      role: 'all' | 'producer' | 'consumer'
      stages: components['schemas']['Stage'][]
    }
    /** PoisonRecord */
    PoisonRecord: {
      excerpt: string | null
      offset: string
      partition: number
      reason: string
      skippedTimeMs: number
      topic: string
    }
    /** PriceAmount */
    PriceAmount: {
      amount: number
      price: number
    } | null
    /**
     * Problem
     * @description RFC 9457; the members beside these depend on the type
     */
    Problem: {
      /** @description what happened, in words */
      detail: string
      /** @description path of the request */
      instance: string
      status: number
      title: string
      /** @description kind of the problem, a relative URI reference */
      type: string
    } & {
      [key: string]: unknown
    }
    /** Ready */
    Ready: {
      checks: {
        [key: string]: components['schemas']['Check']
      }
      /** @enum {string} */
      status: 'ready'
    }
    /**
     * Snapshot
     * @description one atomic reading of one book; absent numbers are null
     */
    Snapshot: {
      ageMs: number | null
      amountUnit: string | null
      /** @description price and amount of each level, best first */
      asks: number[][]
      /** @description depth near the mid-price, by basis points; null where the band was not shown whole */
      bands: {
        [key: string]: components['schemas']['Band']
      }
      bestAsk: components['schemas']['PriceAmount']
      bestBid: components['schemas']['PriceAmount']
      /** @description price and amount of each level, best first */
      bids: number[][]
      changeId: number | null
      /** @description version of the meaning of the numbers */
      definitions: string
      exchangeTimeMs: number | null
      imbalance: {
        [key: string]: number | null
      }
      instrument: string
      lagMs: {
        exchangeToReceive: number | null
        receiveToPublish: number | null
        total: number | null
      }
      lastTrade: components['schemas']['LastTrade']
      levels: {
        ask: number | null
        bid: number | null
      }
      midPrice: number | null
      publishedTimeMs: number | null
      reason: string | null
      receivedTimeMs: number | null
      sinceMs: number
      source: {
        offset: string
        partition: number
        topic: string
      } | null
      spread: number | null
      spreadRatio: number | null
      /** @enum {string} */
      state:
        'catching_up' | 'stale' | 'gap' | 'waiting' | 'halted' | 'invalid' | 'one_sided' | 'live'
      verifiedTimeMs: number | null
      weightedMidPrice: number | null
      /** @description numbers over the last seconds, by window such as 10s; null below half coverage */
      windows: {
        [key: string]: components['schemas']['Window']
      }
    }
    /** Stage */
    Stage: {
      /** @description updates in the last minute */
      count: number
      p50Ms: number | null
      p99Ms: number | null
      stage: string
    }
    /**
     * StateEvent
     * @description what an instrument is now; it has values only when live
     */
    StateEvent: {
      instrument: string
      lastUpdateMs: number | null
      reason: string | null
      sinceMs: number | null
      /**
       * @description null: this process answers for the instrument no longer
       * @enum {string|null}
       */
      state:
        | 'catching_up'
        | 'stale'
        | 'gap'
        | 'waiting'
        | 'halted'
        | 'invalid'
        | 'one_sided'
        | 'live'
        | null
      verifiedTimeMs: number | null
    }
    /** Summaries */
    Summaries: {
      snapshots: components['schemas']['Summary'][]
    }
    /**
     * Summary
     * @description one book without its levels and windows
     */
    Summary: {
      ageMs: number | null
      amountUnit: string | null
      /** @description depth near the mid-price, by basis points; null where the band was not shown whole */
      bands: {
        [key: string]: components['schemas']['Band']
      }
      bestAsk: components['schemas']['PriceAmount']
      bestBid: components['schemas']['PriceAmount']
      changeId: number | null
      /** @description version of the meaning of the numbers */
      definitions: string
      exchangeTimeMs: number | null
      imbalance: {
        [key: string]: number | null
      }
      instrument: string
      lagMs: {
        exchangeToReceive: number | null
        receiveToPublish: number | null
        total: number | null
      }
      lastTrade: components['schemas']['LastTrade']
      levels: {
        ask: number | null
        bid: number | null
      }
      midPrice: number | null
      publishedTimeMs: number | null
      reason: string | null
      receivedTimeMs: number | null
      sinceMs: number
      source: {
        offset: string
        partition: number
        topic: string
      } | null
      spread: number | null
      spreadRatio: number | null
      /** @enum {string} */
      state:
        'catching_up' | 'stale' | 'gap' | 'waiting' | 'halted' | 'invalid' | 'one_sided' | 'live'
      verifiedTimeMs: number | null
      weightedMidPrice: number | null
    }
    /** Window */
    Window: {
      buyVolume: number | null
      coverage: number | null
      imbalanceMax: number | null
      imbalanceMean: number | null
      imbalanceMin: number | null
      orderFlowImbalance: number | null
      orderFlowImbalanceRatio: number | null
      realizedVolatility: number | null
      sellVolume: number | null
      tradeCount: number | null
      tradeFlowImbalance: number | null
    }
  }
  responses: never
  parameters: never
  requestBodies: never
  headers: never
  pathItems: never
}
export type $defs = Record<string, never>
export interface operations {
  listInstruments: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The request cannot be answered as it is. */
      '4XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The service cannot answer now. */
      '5XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Default Response */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Instruments']
        }
      }
    }
  }
  getPipeline: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The request cannot be answered as it is. */
      '4XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The service cannot answer now. */
      '5XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description what the role of the process does not have is null */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Pipeline']
        }
      }
    }
  }
  listSnapshots: {
    parameters: {
      query?: {
        /** @description which books are listed */
        state?: 'live' | 'any'
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The request cannot be answered as it is. */
      '4XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The service cannot answer now. */
      '5XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Default Response */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Summaries']
        }
      }
    }
  }
  getSnapshot: {
    parameters: {
      query?: {
        /** @description also answer with the last known book when it is not live */
        allowStale?: boolean
        /** @description levels a side */
        depth?: number
      }
      header?: never
      path: {
        /**
         * @description name as Deribit writes it
         * @example BTC-PERPETUAL
         */
        instrument: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The request cannot be answered as it is. */
      '4XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The service cannot answer now. */
      '5XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description one atomic reading of one book; absent numbers are null */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Snapshot']
        }
      }
    }
  }
  streamBooks: {
    parameters: {
      query?: {
        /** @description at most 50 names, separated by commas; without it all instruments, while at most 50 books are live */
        instruments?: string
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The request cannot be answered as it is. */
      '4XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The service cannot answer now. */
      '5XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Events until either side ends the connection. */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'text/event-stream': string
        }
      }
    }
  }
  getLiveness: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The request cannot be answered as it is. */
      '4XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The service cannot answer now. */
      '5XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Default Response */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Alive']
        }
      }
    }
  }
  getMetrics: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The request cannot be answered as it is. */
      '4XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The service cannot answer now. */
      '5XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description All metrics of the process. */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/openmetrics-text': string
          'text/plain': string
        }
      }
    }
  }
  getOpenApi: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The request cannot be answered as it is. */
      '4XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The service cannot answer now. */
      '5XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description an OpenAPI document */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': {
            [key: string]: unknown
          }
        }
      }
    }
  }
  getReadiness: {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The request cannot be answered as it is. */
      '4XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The service cannot answer now. */
      '5XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Default Response */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Ready']
        }
      }
    }
  }
}

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
     * @description Server-sent events. `event: snapshot` is one live book, when it changes and again each second, at most ten a second for each, the newest wins; `event: state` says what an instrument is now. A comment comes every 15 seconds; a client that takes nothing for 10 seconds is closed.
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
     * @description To restart it by. The exchange and the broker do not count. Query parameters are ignored.
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
     * @description The text format 0.0.4, or OpenMetrics 1.0.0 where `Accept` asks for it. Query parameters are ignored.
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
     * @description A problem with status 503 has the failing checks in `checks`. Query parameters are ignored.
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
    /** Alive */
    Alive: {
      /** @enum {string} */
      status: 'alive'
    }
    /** Band */
    Band: {
      /** @description the same of the other side */
      ask: number | null
      /** @description the same of the other side */
      askCovered: boolean | null
      /** @description sum of the amounts in the band; null where it is not known whole, or the mid-price is not above 0 */
      bid: number | null
      /** @description false where the exchange may have levels of the band that it did not show */
      bidCovered: boolean | null
      /** @description (bid - ask) / (bid + ask), -1 to 1 */
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
      /** @description of the quickest question within the last minutes */
      roundTripMs: number
      /** @description the offset is known to within this much: half of the round trip */
      uncertaintyMs: number
    }
    /** Connection */
    Connection: {
      /** @description channels that the exchange has acknowledged */
      acknowledgedChannels: number
      /** @description whether all connections to the exchange are open */
      isConnected: boolean
      /** @description when the newest frame came, epoch ms */
      lastFrameTimeMs: number | null
      /** @description requested and not acknowledged, at most twenty */
      missingChannels: string[]
      /** @description what is wrong, in words; null when all is well */
      problem: string | null
      /** @description suspended channels that the exchange refused */
      refusedCount: number
      /** @description channels that are wanted, without those that are suspended */
      requestedChannels: number
      /** @description not subscribed at present though they are wanted, at most twenty */
      suspendedChannels: components['schemas']['SuspendedChannel'][]
      /** @description suspended channels that were of no use */
      suspendedCount: number
    }
    /**
     * Delivery
     * @description received = produced + dropped + queued + inFlight
     */
    Delivery: {
      /** @description of them given up, by reason */
      dropped: {
        [key: string]: number
      }
      /** @description of them sent and not acknowledged yet */
      inFlight: number
      /** @description of them acknowledged by the topic */
      produced: number
      /** @description of them waiting in this process */
      queued: number
      /** @description frames from the exchange since the start */
      received: number
      topic: string
    }
    /** Instruments */
    Instruments: {
      instruments: components['schemas']['InstrumentState'][]
    }
    /** InstrumentState */
    InstrumentState: {
      /** @description name at the exchange */
      instrument: string
      /** @description when the book last changed, by the exchange, epoch ms */
      lastUpdateMs: number | null
      /** @description why there are no values, or which of them is meant; null where the state says it */
      reason: string | null
      /** @description when this state began, epoch ms of this process */
      sinceMs: number
      /** @enum {string} */
      state:
        'catching_up' | 'stale' | 'gap' | 'waiting' | 'halted' | 'invalid' | 'one_sided' | 'live'
      /** @description until when the book is proven: the newest sign of life of its connection, epoch ms */
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
      /** @description records that are written and not processed yet; null where the end was not read within 5 s */
      lagRecords: number | null
      /** @description 0 at the end, else the age of the oldest record that may wait; null where not known either */
      lagSeconds: number | null
      partition: number
      topic: string
    }
    /**
     * Pipeline
     * @description what the role of the process does not have is null
     */
    Pipeline: {
      clockOffset: components['schemas']['ClockOffset'] | null
      connection: components['schemas']['Connection'] | null
      delivery: components['schemas']['Delivery'][] | null
      partitions: components['schemas']['Partition'][] | null
      rejectedRecords: components['schemas']['RejectedRecord'][] | null
      /** @enum {string} */
      role: 'all' | 'producer' | 'consumer'
      stages: components['schemas']['Stage'][]
      topics: components['schemas']['Topic'][] | null
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
      /** @description path of the request as the service received it */
      instance: string
      status: number
      title: string
      /** @description kind of the problem; compare it as text, nothing answers at that address */
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
    /** RejectedRecord */
    RejectedRecord: {
      /** @description at most 200 bytes of its value */
      excerpt: string | null
      offset: string
      partition: number
      reason: string
      /** @description when it was skipped, epoch ms */
      skippedTimeMs: number
      topic: string
    }
    /**
     * Snapshot
     * @description one atomic reading of one book; absent numbers are null
     */
    Snapshot: {
      /** @description time since the book last changed, on the clock of the exchange: large for a quiet book, null while that clock is unknown */
      ageMs: number | null
      /** @description unit of every amount; null in a process without the feed */
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
      /** @description of the exchange, of the snapshot or change that the numbers are from */
      changeId: number | null
      /** @description version of the meaning of the numbers */
      definitions: string
      /** @description when the book last changed, by the exchange, epoch ms */
      exchangeTimeMs: number | null
      /** @description (bid - ask) / (bid + ask) of the amounts, -1 to 1, by how many levels a side count */
      imbalance: {
        [key: string]: number | null
      }
      /** @description name at the exchange */
      instrument: string
      lagMs: {
        /** @description from the time of the exchange to our receipt */
        exchangeToReceive: number | null
        /** @description from our receipt until its values could be read */
        receiveToPublish: number | null
        /** @description both together; null where the clock of the exchange is unknown */
        total: number | null
      }
      lastTrade: components['schemas']['LastTrade']
      /** @description levels that are known, before any cut by depth */
      levels: {
        ask: number | null
        bid: number | null
      }
      /** @description (best bid + best ask) / 2; null where a side is empty */
      midPrice: number | null
      /** @description when its values could be read, epoch ms */
      publishedTimeMs: number | null
      /** @description why there are no values, or which of them is meant; null where the state says it */
      reason: string | null
      /** @description when the producer received that, epoch ms; of a repeated book when it was sent again */
      receivedTimeMs: number | null
      /** @description when this state began, epoch ms of this process */
      sinceMs: number
      /** @description the record that the numbers are from */
      source: {
        offset: string
        partition: number
        topic: string
      } | null
      /** @description best ask - best bid */
      spread: number | null
      /** @description spread / mid-price; null where that is not above 0 */
      spreadRatio: number | null
      /** @enum {string} */
      state:
        'catching_up' | 'stale' | 'gap' | 'waiting' | 'halted' | 'invalid' | 'one_sided' | 'live'
      /** @description until when the book is proven: the newest sign of life of its connection, epoch ms */
      verifiedTimeMs: number | null
      /** @description mid-price weighted by the amounts of the other side */
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
      /** @description median of the last minute; null without an update */
      p50Ms: number | null
      /** @description 99th percentile of the last minute */
      p99Ms: number | null
      /** @description from_to: the hop of an update, as in the metric */
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
      /** @description time since the book last changed, on the clock of the exchange: large for a quiet book, null while that clock is unknown */
      ageMs: number | null
      /** @description unit of every amount; null in a process without the feed */
      amountUnit: string | null
      /** @description depth near the mid-price, by basis points; null where the band was not shown whole */
      bands: {
        [key: string]: components['schemas']['Band']
      }
      bestAsk: components['schemas']['PriceAmount']
      bestBid: components['schemas']['PriceAmount']
      /** @description of the exchange, of the snapshot or change that the numbers are from */
      changeId: number | null
      /** @description version of the meaning of the numbers */
      definitions: string
      /** @description when the book last changed, by the exchange, epoch ms */
      exchangeTimeMs: number | null
      /** @description (bid - ask) / (bid + ask) of the amounts, -1 to 1, by how many levels a side count */
      imbalance: {
        [key: string]: number | null
      }
      /** @description name at the exchange */
      instrument: string
      lagMs: {
        /** @description from the time of the exchange to our receipt */
        exchangeToReceive: number | null
        /** @description from our receipt until its values could be read */
        receiveToPublish: number | null
        /** @description both together; null where the clock of the exchange is unknown */
        total: number | null
      }
      lastTrade: components['schemas']['LastTrade']
      /** @description levels that are known, before any cut by depth */
      levels: {
        ask: number | null
        bid: number | null
      }
      /** @description (best bid + best ask) / 2; null where a side is empty */
      midPrice: number | null
      /** @description when its values could be read, epoch ms */
      publishedTimeMs: number | null
      /** @description why there are no values, or which of them is meant; null where the state says it */
      reason: string | null
      /** @description when the producer received that, epoch ms; of a repeated book when it was sent again */
      receivedTimeMs: number | null
      /** @description when this state began, epoch ms of this process */
      sinceMs: number
      /** @description the record that the numbers are from */
      source: {
        offset: string
        partition: number
        topic: string
      } | null
      /** @description best ask - best bid */
      spread: number | null
      /** @description spread / mid-price; null where that is not above 0 */
      spreadRatio: number | null
      /** @enum {string} */
      state:
        'catching_up' | 'stale' | 'gap' | 'waiting' | 'halted' | 'invalid' | 'one_sided' | 'live'
      /** @description until when the book is proven: the newest sign of life of its connection, epoch ms */
      verifiedTimeMs: number | null
      /** @description mid-price weighted by the amounts of the other side */
      weightedMidPrice: number | null
    }
    /** SuspendedChannel */
    SuspendedChannel: {
      channel: string
      /** @description suspensions in a row; the wait doubles with each */
      count: number
      /** @description the reason in words */
      detail: string
      /** @enum {string} */
      reason: 'unreadable' | 'no_snapshot' | 'gaps' | 'oversize' | 'refused'
      /** @description when it is asked for again, epoch ms */
      retryTimeMs: number
      /** @description epoch ms */
      sinceMs: number
    }
    /** Topic */
    Topic: {
      /** @description false where books go on without it */
      isRead: boolean
      /** @description why it, or a part of it, is not read, in words; null when all is well */
      problem: string | null
      topic: string
    }
    /** Window */
    Window: {
      /** @description amount that takers bought; null where trades may be missing */
      buyVolume: number | null
      /** @description share of the window that was seen, 0 to 1 */
      coverage: number | null
      /** @description of the same */
      imbalanceMax: number | null
      /** @description of the same, weighted by time */
      imbalanceMean: number | null
      /** @description of the imbalance of the best level */
      imbalanceMin: number | null
      /** @description sum of the order flow of the best level, in the amount unit; above 0 = to the bid */
      orderFlowImbalance: number | null
      /** @description the same over the mean depth of the best level */
      orderFlowImbalanceRatio: number | null
      /** @description of the mid-price, annualised, a ratio; null for windows below 10 s, or where a mid-price was not above 0 */
      realizedVolatility: number | null
      /** @description amount that takers sold */
      sellVolume: number | null
      /** @description trades of the window */
      tradeCount: number | null
      /** @description (buy - sell) / (buy + sell) of the volumes by taker side, -1 to 1 */
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

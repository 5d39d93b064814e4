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
     * List instruments and their states
     * @description Returns every instrument of this process with its state and, if it has no values, the reason.
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
     * Get the state of the pipeline
     * @description Returns the connection, the clock offset, the lag of each stage, the delivery of frames, and the consumed partitions with their lag.
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
  '/api/v1/signals/{instrument}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Get how well the imbalance of one book predicts its price
     * @description Hit rates, correlations and forecast errors with 95 % intervals. Values are null below 100 effective cases, and if the book is not live. 404 if signals are off.
     */
    get: operations['getSignals']
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
     * List summaries of all live books
     * @description Summaries have no levels and no windows. `state=any` includes books that are not live, without values.
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
     * Get one book with its levels and windows
     * @description Returns one atomic reading. If the book is not live, the response is a problem with status 503 and the reason.
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
     * Stream books and states
     * @description Server-sent events. `event: snapshot` is one live book: sent when it changes, at most 10 times per second (the newest wins), and at least once per second. `event: state` is the state of an instrument. A comment is sent every 15 seconds. The server closes a connection that does not drain for 10 seconds.
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
     * Liveness probe
     * @description Restart the process when this fails. Does not depend on the exchange or the broker. Query parameters are ignored.
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
     * Get the metrics
     * @description Prometheus text format 0.0.4, or OpenMetrics 1.0.0 if `Accept` requests it. Query parameters are ignored.
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
     * Get the OpenAPI document
     * @description OpenAPI 3.1, generated from the schemas that also serialize the responses.
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
     * Readiness probe
     * @description Send no traffic while this fails. With status 503 the problem lists the failing checks in `checks`. Query parameters are ignored.
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
      /** @description sum of the ask amounts in the band; null as for `bid` */
      ask: number | null
      /** @description as `bidCovered`, for the asks */
      askCovered: boolean | null
      /** @description sum of the bid amounts in the band; null if the band is not fully known or the mid-price is not above 0 */
      bid: number | null
      /** @description false if the exchange may have bid levels in the band that the channel does not include */
      bidCovered: boolean | null
      /** @description (bid - ask) / (bid + ask), -1 to 1 */
      imbalance: number | null
    }
    /** CalibrationDecile */
    CalibrationDecile: {
      imbalanceFrom: number
      imbalanceMean: number
      imbalanceTo: number
      /** @description mean return at the horizon, basis points */
      returnMeanBps: number
      samples: number
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
      /** @description shortest round trip of the last 5 minutes */
      roundTripMs: number
      /** @description maximum error of the offset: half of the round trip */
      uncertaintyMs: number
    }
    /** Connection */
    Connection: {
      /** @description channels that the exchange acknowledged */
      acknowledgedChannels: number
      /** @description whether all connections to the exchange are open */
      isConnected: boolean
      /** @description receipt time of the newest frame, epoch ms */
      lastFrameTimeMs: number | null
      /** @description requested but not acknowledged channels, at most 20 */
      missingChannels: string[]
      /** @description what is wrong with the connections; null if all work */
      problem: string | null
      /** @description channels suspended because the exchange refused them */
      refusedCount: number
      /** @description channels that this process should have, without suspended ones */
      requestedChannels: number
      /** @description channels that this process should have but has not subscribed to, at most 20 */
      suspendedChannels: components['schemas']['SuspendedChannel'][]
      /** @description channels suspended because they failed */
      suspendedCount: number
    }
    /**
     * Delivery
     * @description received = produced + dropped + queued + inFlight
     */
    Delivery: {
      /** @description received frames that were dropped, by reason */
      dropped: {
        [key: string]: number
      }
      /** @description frames sent and not acknowledged yet */
      inFlight: number
      /** @description why frames of this topic are not delivered; books do not depend on the trades topic */
      problem: string | null
      /** @description frames acknowledged by the topic */
      produced: number
      /** @description frames waiting in this process */
      queued: number
      /** @description frames received from the exchange since the start */
      received: number
      topic: string
    }
    /**
     * Estimate
     * @description a value with its 95 % confidence interval: the share of hits among hits and misses, or the Pearson correlation of imbalance and return over the window; null below 100 effective cases
     */
    Estimate: {
      /** @description upper bound of the 95 % confidence interval */
      high: number
      /** @description lower bound of the 95 % confidence interval */
      low: number
      value: number
    } | null
    /** Forecast */
    Forecast: {
      effectiveSamples: number | null
      /** @description mean squared error divided by that of the mid-price; below 1 is better; null below 100 effective samples */
      errorRatio: number | null
      samples: number | null
    }
    /** Instruments */
    Instruments: {
      instruments: components['schemas']['InstrumentState'][]
    }
    /** InstrumentState */
    InstrumentState: {
      /** @description instrument name at Deribit */
      instrument: string
      /** @description exchange timestamp of the last change of the book, epoch ms */
      lastUpdateMs: number | null
      /** @description reason of the state; null if the state needs no reason */
      reason: string | null
      /** @description start of this state by the clock of this process, epoch ms */
      sinceMs: number
      /** @enum {string} */
      state:
        'catching_up' | 'stale' | 'gap' | 'waiting' | 'halted' | 'invalid' | 'one_sided' | 'live'
      /** @description time up to which the book is verified as current: the newest evidence that its connection is alive, epoch ms */
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
    /**
     * NextMove
     * @description changes of the mid-price since the start of the measurement: whether the mean imbalance of the best level before each predicted it
     */
    NextMove: {
      /** @description effective cases: (hits + misses) x 1 s / horizon, because samples overlap */
      effectiveCases: number
      hit: number
      hitRate: components['schemas']['Estimate']
      miss: number
      neutral: number
    }
    /** Partition */
    Partition: {
      /** @description records written and not processed yet; null if the end offset is older than 5 s */
      lagRecords: number | null
      /** @description maximum age of the oldest unprocessed record; 0 without lag, null if unknown */
      lagSeconds: number | null
      partition: number
      topic: string
    }
    /**
     * Pipeline
     * @description parts that the role of the process does not have are null
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
     * @description RFC 9457 problem; further members depend on the type
     */
    Problem: {
      /** @description what is wrong with this request */
      detail: string
      /** @description path of the request as received by the service */
      instance: string
      status: number
      title: string
      /** @description kind of the problem; compare it as text, the URI cannot be resolved */
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
      /** @description first bytes of the value, at most 200 */
      excerpt: string | null
      offset: string
      partition: number
      reason: string
      /** @description time of the rejection, epoch ms */
      skippedTimeMs: number
      topic: string
    }
    /**
     * SignalDepth
     * @description outcomes and regression of the imbalance at one depth
     */
    SignalDepth: {
      /** @description mean return by tenth of the samples, ordered by imbalance; null below 100 effective samples */
      calibration: components['schemas']['CalibrationDecile'][] | null
      correlation: components['schemas']['Estimate']
      /** @description effective cases: (hits + misses) x 1 s / horizon, because samples overlap */
      effectiveCases: number
      /** @description effective cases: samples x 1 s / horizon, because samples overlap */
      effectiveSamples: number | null
      hitRate: components['schemas']['Estimate']
      /** @description samples in the window, one per second */
      samples: number | null
      /** @description regression of the return, in basis points, on the imbalance; null as `correlation` */
      slopeBps: number | null
      /** @description by absolute imbalance: weak < 1/3 <= medium < 2/3 <= strong */
      strengths: {
        [key: string]: components['schemas']['SignalStrength']
      }
    }
    /** SignalHorizon */
    SignalHorizon: {
      /** @description by number of levels per side */
      depths: {
        [key: string]: components['schemas']['SignalDepth']
      }
      /** @description errors of forecasts of the mid-price at the horizon */
      forecasts: {
        microPrice: components['schemas']['Forecast']
        weightedMid: components['schemas']['Forecast']
      }
      /** @description mean realised spread of the trades in the window; null below 100 trades */
      realizedSpreadBps: number | null
      realizedTrades: number | null
    }
    /**
     * Signals
     * @description whether the imbalance of one instrument predicts its price; values other than counts are null if the book is not live
     */
    Signals: {
      /** @description by horizon, such as 10s */
      horizons: {
        [key: string]: components['schemas']['SignalHorizon']
      }
      /** @description instrument name at Deribit */
      instrument: string
      /** @description micro-price of the current book; null until each state in use has 50 visits */
      microPrice: number | null
      nextMove: components['schemas']['NextMove']
      /** @description reason of the state; null if the state needs no reason */
      reason: string | null
      /** @description start of this state by the clock of this process, epoch ms */
      sinceMs: number
      /** @enum {string} */
      state:
        'catching_up' | 'stale' | 'gap' | 'waiting' | 'halted' | 'invalid' | 'one_sided' | 'live'
      trades: components['schemas']['SignalTrades']
      /** @description length of the window */
      windowMs: number
    }
    /**
     * SignalStrength
     * @description outcomes since the start of the measurement
     */
    SignalStrength: {
      /** @description effective cases: (hits + misses) x 1 s / horizon, because samples overlap */
      effectiveCases: number
      hit: number
      hitRate: components['schemas']['Estimate']
      miss: number
      unmoved: number
    }
    /**
     * SignalTrades
     * @description trades by taker side since the start of the measurement, and their costs
     */
    SignalTrades: {
      /** @description mark price / index price - 1 */
      basisRatio: number | null
      buy: {
        amount: number
        count: number
      }
      /** @description mean effective spread of these trades; null below 100 trades */
      effectiveSpreadBps: number | null
      /** @description trades in the window with a live book */
      effectiveTrades: number | null
      /** @description index price at the last trade */
      indexPrice: number | null
      /** @description mark price at the last trade */
      markPrice: number | null
      sell: {
        amount: number
        count: number
      }
    }
    /**
     * Snapshot
     * @description one atomic reading of one book; missing values are null
     */
    Snapshot: {
      /** @description time since the last change of the book by the clock of the exchange; large for a quiet book, null while that clock is unknown */
      ageMs: number | null
      /** @description unit of every amount; null in a process without the producer role */
      amountUnit: string | null
      /** @description [price, amount] of each level, best first */
      asks: number[][]
      /** @description depth near the mid-price, by basis points; null if the band is not fully known */
      bands: {
        [key: string]: components['schemas']['Band']
      }
      bestAsk: components['schemas']['PriceAmount']
      bestBid: components['schemas']['PriceAmount']
      /** @description [price, amount] of each level, best first */
      bids: number[][]
      /** @description change id at the exchange of the snapshot or change that the values are from */
      changeId: number | null
      /** @description version of the definitions of the values */
      definitions: string
      /** @description exchange timestamp of the last change of the book, epoch ms */
      exchangeTimeMs: number | null
      /** @description (bid - ask) / (bid + ask) of the amounts, -1 to 1, by the number of levels per side */
      imbalance: {
        [key: string]: number | null
      }
      /** @description instrument name at Deribit */
      instrument: string
      lagMs: {
        /** @description from the exchange timestamp to the receipt by the producer */
        exchangeToReceive: number | null
        /** @description from the receipt by the producer until the values became readable */
        receiveToPublish: number | null
        /** @description sum of both; null while the clock of the exchange is unknown */
        total: number | null
      }
      lastTrade: components['schemas']['LastTrade']
      /** @description number of known levels, independent of `depth` */
      levels: {
        ask: number | null
        bid: number | null
      }
      /** @description (best bid + best ask) / 2; null if a side is empty */
      midPrice: number | null
      /** @description time at which its values became readable, epoch ms */
      publishedTimeMs: number | null
      /** @description reason of the state; null if the state needs no reason */
      reason: string | null
      /** @description time at which the producer received it, epoch ms; for a checkpoint, the time at which it was written */
      receivedTimeMs: number | null
      signals: components['schemas']['SnapshotSignals']
      /** @description start of this state by the clock of this process, epoch ms */
      sinceMs: number
      /** @description record that the values were computed from */
      source: {
        offset: string
        partition: number
        topic: string
      } | null
      /** @description best ask - best bid */
      spread: number | null
      /** @description spread / mid-price; null if the mid-price is not above 0 */
      spreadRatio: number | null
      /** @enum {string} */
      state:
        'catching_up' | 'stale' | 'gap' | 'waiting' | 'halted' | 'invalid' | 'one_sided' | 'live'
      /** @description time up to which the book is verified as current: the newest evidence that its connection is alive, epoch ms */
      verifiedTimeMs: number | null
      /** @description mid-price weighted by the best amounts of the opposite sides */
      weightedMidPrice: number | null
      /** @description values over a time window, by window such as 10s; null below half coverage */
      windows: {
        [key: string]: components['schemas']['Window']
      }
    }
    /** SnapshotHorizon */
    SnapshotHorizon: {
      correlation: components['schemas']['Estimate']
      /** @description effective cases: (hits + misses) x 1 s / horizon, because samples overlap */
      effectiveCases: number
      hitRate: components['schemas']['Estimate']
      /** @description as `slopeBps` of `Signals` */
      slopeBps: number | null
    }
    /**
     * SnapshotSignals
     * @description summary of the signals; null while they are off
     */
    SnapshotSignals: {
      /** @description signals of the imbalance of the best level, by horizon, such as 10s */
      horizons: {
        [key: string]: components['schemas']['SnapshotHorizon']
      }
      /** @description as `microPrice` of `Signals` */
      microPrice: number | null
      nextMove: components['schemas']['NextMove']
    } | null
    /** Stage */
    Stage: {
      /** @description updates in the last minute */
      count: number
      /** @description mean of the last minute, which unlike a quantile adds up over the hops; null without updates */
      meanMs: number | null
      /** @description median of the last minute; null without updates */
      p50Ms: number | null
      /** @description 99th percentile of the last minute; null without updates */
      p99Ms: number | null
      /** @description stage of the pipeline as from_to, as in the metric */
      stage: string
    }
    /**
     * StateEvent
     * @description state of an instrument, which has values only if it is live
     */
    StateEvent: {
      instrument: string
      lastUpdateMs: number | null
      reason: string | null
      sinceMs: number | null
      /**
       * @description null: the instrument no longer belongs to this process
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
     * @description one book without levels and windows
     */
    Summary: {
      /** @description time since the last change of the book by the clock of the exchange; large for a quiet book, null while that clock is unknown */
      ageMs: number | null
      /** @description unit of every amount; null in a process without the producer role */
      amountUnit: string | null
      /** @description depth near the mid-price, by basis points; null if the band is not fully known */
      bands: {
        [key: string]: components['schemas']['Band']
      }
      bestAsk: components['schemas']['PriceAmount']
      bestBid: components['schemas']['PriceAmount']
      /** @description change id at the exchange of the snapshot or change that the values are from */
      changeId: number | null
      /** @description version of the definitions of the values */
      definitions: string
      /** @description exchange timestamp of the last change of the book, epoch ms */
      exchangeTimeMs: number | null
      /** @description (bid - ask) / (bid + ask) of the amounts, -1 to 1, by the number of levels per side */
      imbalance: {
        [key: string]: number | null
      }
      /** @description instrument name at Deribit */
      instrument: string
      lagMs: {
        /** @description from the exchange timestamp to the receipt by the producer */
        exchangeToReceive: number | null
        /** @description from the receipt by the producer until the values became readable */
        receiveToPublish: number | null
        /** @description sum of both; null while the clock of the exchange is unknown */
        total: number | null
      }
      lastTrade: components['schemas']['LastTrade']
      /** @description number of known levels, independent of `depth` */
      levels: {
        ask: number | null
        bid: number | null
      }
      /** @description (best bid + best ask) / 2; null if a side is empty */
      midPrice: number | null
      /** @description time at which its values became readable, epoch ms */
      publishedTimeMs: number | null
      /** @description reason of the state; null if the state needs no reason */
      reason: string | null
      /** @description time at which the producer received it, epoch ms; for a checkpoint, the time at which it was written */
      receivedTimeMs: number | null
      /** @description start of this state by the clock of this process, epoch ms */
      sinceMs: number
      /** @description record that the values were computed from */
      source: {
        offset: string
        partition: number
        topic: string
      } | null
      /** @description best ask - best bid */
      spread: number | null
      /** @description spread / mid-price; null if the mid-price is not above 0 */
      spreadRatio: number | null
      /** @enum {string} */
      state:
        'catching_up' | 'stale' | 'gap' | 'waiting' | 'halted' | 'invalid' | 'one_sided' | 'live'
      /** @description time up to which the book is verified as current: the newest evidence that its connection is alive, epoch ms */
      verifiedTimeMs: number | null
      /** @description mid-price weighted by the best amounts of the opposite sides */
      weightedMidPrice: number | null
    }
    /** SuspendedChannel */
    SuspendedChannel: {
      channel: string
      /** @description consecutive suspensions; the delay doubles with each */
      count: number
      /** @description details of the reason */
      detail: string
      /** @enum {string} */
      reason: 'unreadable' | 'no_snapshot' | 'gaps' | 'oversize' | 'refused'
      /** @description time of the next subscribe attempt, epoch ms */
      retryTimeMs: number
      /** @description start of the suspension, epoch ms */
      sinceMs: number
    }
    /** Topic */
    Topic: {
      /** @description whether the topic is being read; books do not depend on the trades topic */
      isRead: boolean
      /** @description why the topic or a part of it is not read; null if all of it is read */
      problem: string | null
      topic: string
    }
    /** Window */
    Window: {
      /** @description amount bought by takers; null if trades may be missing */
      buyVolume: number | null
      /** @description share of the window that was observed, 0 to 1 */
      coverage: number | null
      /** @description maximum imbalance of the best levels */
      imbalanceMax: number | null
      /** @description time-weighted mean imbalance of the best levels */
      imbalanceMean: number | null
      /** @description minimum imbalance of the best levels */
      imbalanceMin: number | null
      /** @description sum of the order flow of the best levels, in the amount unit; positive = buying pressure */
      orderFlowImbalance: number | null
      /** @description `orderFlowImbalance` divided by the mean depth of the best levels */
      orderFlowImbalanceRatio: number | null
      /** @description annualised volatility of the mid-price, as a ratio; null for windows below 10 s, or if a mid-price was not above 0 */
      realizedVolatility: number | null
      /** @description amount sold by takers; null if trades may be missing */
      sellVolume: number | null
      /** @description number of trades; null if trades may be missing */
      tradeCount: number | null
      /** @description (buy - sell) / (buy + sell) of the taker volumes, -1 to 1 */
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
      /** @description The request is invalid, unauthorized or refused. */
      '4XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The service cannot answer at present. */
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
      /** @description The request is invalid, unauthorized or refused. */
      '4XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The service cannot answer at present. */
      '5XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description parts that the role of the process does not have are null */
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
  getSignals: {
    parameters: {
      query?: never
      header?: never
      path: {
        /**
         * @description instrument name at Deribit
         * @example BTC-PERPETUAL
         */
        instrument: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The request is invalid, unauthorized or refused. */
      '4XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The service cannot answer at present. */
      '5XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description whether the imbalance of one instrument predicts its price; values other than counts are null if the book is not live */
      200: {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['Signals']
        }
      }
    }
  }
  listSnapshots: {
    parameters: {
      query?: {
        /** @description `live`: only live books; `any`: all books */
        state?: 'live' | 'any'
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The request is invalid, unauthorized or refused. */
      '4XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The service cannot answer at present. */
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
        /** @description if true, returns the last known book even if it is not live */
        allowStale?: boolean
        /** @description levels per side */
        depth?: number
      }
      header?: never
      path: {
        /**
         * @description instrument name at Deribit
         * @example BTC-PERPETUAL
         */
        instrument: string
      }
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The request is invalid, unauthorized or refused. */
      '4XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The service cannot answer at present. */
      '5XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description one atomic reading of one book; missing values are null */
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
        /** @description at most 50 names, separated by commas; default: all instruments, if at most 50 books are live */
        instruments?: string
      }
      header?: never
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The request is invalid, unauthorized or refused. */
      '4XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The service cannot answer at present. */
      '5XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Server-sent events until either side closes the connection. */
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
      /** @description The request is invalid, unauthorized or refused. */
      '4XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The service cannot answer at present. */
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
      /** @description The request is invalid, unauthorized or refused. */
      '4XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The service cannot answer at present. */
      '5XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description Metrics of the process in the Prometheus exposition format. */
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
      /** @description The request is invalid, unauthorized or refused. */
      '4XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The service cannot answer at present. */
      '5XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description OpenAPI document */
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
      /** @description The request is invalid, unauthorized or refused. */
      '4XX': {
        headers: {
          [name: string]: unknown
        }
        content: {
          'application/problem+json': components['schemas']['Problem']
        }
      }
      /** @description The service cannot answer at present. */
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

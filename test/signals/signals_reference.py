"""Signals computed in the slow, obvious way from the records of the topics, with numpy.

Reads JSON lines from stdin: first the parameters, then records and readings in order. Prints one
JSON line for each reading. Shares nothing with the service: books, interruptions and numbers are
worked out here from the texts of the frames.
"""

import bisect
import json
import math
import sys

import numpy as np

Z = 1.959963984540054
LEAST = 100
FIT_S = 10
SILENT_HALTS = {"maintenance", "delivered", "archivized"}
HALTS = SILENT_HALTS | {"locked", "settlement", "inactive", "halted"}


class Period:
    """A time in which the book was live: the first event only announces it."""

    def __init__(self):
        self.events = []
        self.end = None


class Book:
    def __init__(self, stale_after_ms):
        self.stale_after_ms = stale_after_ms
        self.bids, self.asks = {}, {}
        self.last = None
        self.whole = False
        self.verified = None
        self.halt = None
        self.periods = []
        self.open = None
        self.trades = []

    def apply(self, channel, data, record_ms, headers):
        checkpoint = headers is not None and headers.get("kind") == "checkpoint"
        lapsed = self.verified is not None and record_ms - self.verified > self.stale_after_ms
        lapsed = lapsed and self.halt not in SILENT_HALTS
        result = self.apply_frame(channel, data, checkpoint)
        verified = int(headers["verified-at-ms"]) if checkpoint else record_ms
        hole = self.verified is not None and max(verified, self.verified) - self.verified > self.stale_after_ms
        self.verified = verified if self.verified is None else max(verified, self.verified)
        if checkpoint and "instrument-state" in headers:
            state = headers["instrument-state"]
            self.halt = state if state in HALTS else None
        reason = None
        if lapsed or hole:
            reason = "stale"
        elif result == "new_sequence":
            reason = "restart"
        elif not self.whole:
            reason = "gap"
        elif self.top() is None:
            both = self.bids and self.asks
            reason = "invalid" if both else "one_sided"
        elif self.halt is not None:
            reason = "halted"
        self.stop(reason)
        if not self.whole or self.top() is None or self.halt is not None:
            return
        changed = result in ("accepted", "new_sequence", "mismatch")
        snapshot = data.get("type", "snapshot" if "prev_change_id" not in data else "change") == "snapshot"
        grouped = len(channel.split(".")) == 5
        if changed and (checkpoint or (snapshot and not grouped)):
            self.stop("restart")
        if not changed or checkpoint or (snapshot and not grouped):
            if self.open is None:
                self.start()
            return
        time = self.last[1]
        if self.open is not None and time < self.open.events[-1]["t"] - 1000:
            self.stop("restart")
        if self.open is None:
            self.start()
            return
        self.open.events.append(self.event(max(time, self.open.events[-1]["t"])))

    def start(self):
        self.open = Period()
        self.open.events.append(self.event(self.last[1]))
        self.periods.append(self.open)

    def stop(self, reason):
        if reason is not None and self.open is not None:
            self.open.end = reason
            self.open = None

    def apply_frame(self, channel, data, checkpoint):
        grouped = len(channel.split(".")) == 5
        point = (data["change_id"], data["timestamp"])
        kind = "snapshot" if grouped else data.get("type")
        if kind is None:
            kind = "change" if "prev_change_id" in data else "snapshot"
        if kind == "snapshot":
            result = "accepted"
            if self.last is not None and point[0] <= self.last[0]:
                if point[1] <= self.last[1]:
                    same = self.whole and checkpoint and point[0] == self.last[0]
                    if self.whole:
                        return "verified" if same else "duplicate"
                elif point[0] < self.last[0]:
                    result = "new_sequence"
            rows = lambda side: {row[-2]: row[-1] for row in data[side] if row[-1] != 0}
            self.bids, self.asks = rows("bids"), rows("asks")
            self.last, self.whole = point, True
            return result
        if not self.whole:
            return "waiting"
        if point[0] <= self.last[0]:
            if point[0] < self.last[0] and point[1] > self.last[1]:
                self.whole = False
                return "gap"
            return "duplicate"
        if data.get("prev_change_id") != self.last[0]:
            self.whole = False
            return "gap"
        for side, levels in (("bids", self.bids), ("asks", self.asks)):
            for action, price, amount in data[side]:
                if action == "delete" or amount == 0:
                    levels.pop(price, None)
                else:
                    levels[price] = amount
        self.last = point
        return "accepted"

    def top(self):
        if not self.bids or not self.asks:
            return None
        bid, ask = max(self.bids), min(self.asks)
        return None if bid >= ask else (bid, self.bids[bid], ask, self.asks[ask])

    def imbalance(self, depth):
        bids = sum(self.bids[price] for price in sorted(self.bids, reverse=True)[:depth])
        asks = sum(self.asks[price] for price in sorted(self.asks)[:depth])
        return (bids - asks) / (bids + asks)

    def event(self, time):
        bid, bid_amount, ask, ask_amount = self.top()
        total = bid_amount + ask_amount
        weighted = bid * (ask_amount / total) + ask * (bid_amount / total)
        return {
            "t": time,
            "top": (bid, bid_amount, ask, ask_amount),
            "mid": (bid + ask) / 2,
            "weighted": min(max(weighted, bid), ask),
            "x": [self.imbalance(depth) for depth in PARAMETERS["depths"]],
        }


def wilson(hits, misses, cases):
    if cases < LEAST:
        return None
    p = hits / (hits + misses)
    # The bounds are the roots of (p - q)^2 = z^2 q (1 - q) / n.
    a, b, c = 1 + Z**2 / cases, -(2 * p + Z**2 / cases), p**2
    low, high = sorted(np.roots([a, b, c]).real)
    return [p, max(0.0, low), min(1.0, high)]


def fisher(r, cases):
    if cases < LEAST or math.isnan(r):
        return None
    z = 0.5 * math.log((1 + r) / (1 - r))
    width = Z / math.sqrt(cases - 3)
    back = lambda value: (math.exp(2 * value) - 1) / (math.exp(2 * value) + 1)
    return [r, back(z - width), back(z + width)]


class Micro:
    """Stoikov's micro-price by matrix inversion, over all thirty states."""

    def __init__(self, periods, half_life_ms):
        self.keep = 0.5 ** (FIT_S * 1000 / half_life_ms)
        self.tick = math.inf
        self.first_interval = None
        self.fits = {}
        self.state = None
        # Transitions with the interval in which they happened.
        self.log = []
        for period in periods:
            events = period.events[1:]
            if not events:
                continue
            if self.first_interval is None:
                self.first_interval = math.floor(math.floor(events[0]["t"] / 1000) / FIT_S)
            self.learn(events[0]["top"][2] - events[0]["top"][0], interval_of(events[0]["t"]))
            self.state = self.state_of(events[0]["top"])
            events[0]["state"] = self.state
            for before, event in zip(events, events[1:]):
                interval = interval_of(event["t"])
                (b0, _, a0, _), (b1, _, a1, _) = before["top"], event["top"]
                for difference in (a1 - b1, abs(b1 - b0), abs(a1 - a0)):
                    self.learn(difference, interval)
                state = self.state_of(event["top"])
                if self.state is not None:
                    self.log.append((interval, self.state, state, event["mid"] - before["mid"]))
                self.state = state
                event["state"] = state

    def learn(self, difference, interval):
        if 0 < difference < 0.75 * self.tick:
            if len(self.log) >= 50:
                raise NotImplementedError("the tick size changed after a fit was possible")
            self.tick = difference
            self.log = []
            self.state = None

    def state_of(self, top):
        bid, bid_amount, ask, ask_amount = top
        share = bid_amount / (bid_amount + ask_amount)
        imbalance = (bid_amount - ask_amount) / (bid_amount + ask_amount)
        bin_ = min(9, int(math.floor((imbalance + 1) / 2 * 10)))
        assert abs(share - (imbalance + 1) / 2) < 1e-9
        spread = min(3, max(1, round((ask - bid) / self.tick)))
        return (spread - 1) * 10 + bin_

    def fit(self, interval):
        if interval not in self.fits:
            self.fits[interval] = self.compute(interval)
        return self.fits[interval]

    def compute(self, interval):
        if self.first_interval is None or interval <= self.first_interval:
            return None
        mirror = lambda state: state // 10 * 10 + 9 - state % 10
        still, moved = np.zeros((30, 30)), np.zeros((30, 30))
        change = np.zeros(30)
        for at, source, target, delta in self.log:
            if at >= interval:
                continue
            weight = self.keep ** (interval - at - 1)
            for a, b, d in ((source, target, delta), (mirror(source), mirror(target), -delta)):
                (still if d == 0 else moved)[a, b] += weight
                change[a] += weight * d
        visits = (still + moved).sum(axis=1)
        used = np.flatnonzero(visits > visits.sum() / 2 * 0.001)
        if len(used) == 0 or visits[used].min() < 50:
            return None
        q = still[np.ix_(used, used)] / visits[used, None]
        t = moved[np.ix_(used, used)] / visits[used, None]
        settle = np.linalg.inv(np.eye(len(used)) - q)
        first, b = settle @ (change[used] / visits[used]), settle @ t
        # The limit of the sum of B^n G: the solution of (I - B) g = G that sums to 0.
        solution = np.linalg.pinv(np.eye(len(used)) - b) @ first
        return dict(zip(used.tolist(), solution.tolist()))

    def read(self, event, interval):
        fit = self.fit(interval)
        if fit is None or event.get("state") is None:
            return math.nan
        return event["mid"] + fit.get(event["state"], math.nan)


def interval_of(time):
    return math.floor((math.ceil(time / 1000) - 1) / FIT_S)


def seconds_of(book, micro):
    """Values in force at each whole second of each period."""
    rows, end, starts = {}, 0, {}
    for number, period in enumerate(book.periods):
        events = period.events[1:]
        starts[number] = []
        if not events:
            continue
        first = max(math.ceil(events[0]["t"] / 1000), end)
        last = math.ceil(events[-1]["t"] / 1000) - 1
        at = 0
        for second in range(first, last + 1):
            while at + 1 < len(events) and events[at + 1]["t"] <= second * 1000:
                at += 1
            event = events[at]
            rows[second] = {
                "period": number,
                "mid": event["mid"],
                "weighted": event["weighted"],
                "micro": micro.read(event, second // FIT_S),
                "x": event["x"],
            }
            starts[number].append(second)
            end = second + 1
    return rows, starts


def next_moves(book):
    counts = {"hit": 0, "miss": 0, "neutral": 0}
    for period in book.periods:
        events = period.events[1:]
        changes = [i for i in range(1, len(events)) if events[i]["mid"] != events[i - 1]["mid"]]
        for before, now in zip(changes, changes[1:]):
            area = 0.0
            for i in range(before, now):
                area += events[i]["x"][0] * (events[i + 1]["t"] - events[i]["t"])
            if events[now]["t"] == events[before]["t"]:
                area = events[now - 1]["x"][0]
            sign = np.sign(area) * np.sign(events[now]["mid"] - events[now - 1]["mid"])
            counts["hit" if sign > 0 else "miss" if sign < 0 else "neutral"] += 1
    return counts


def trade_costs(book, from_s, to_s, discarded):
    """Effective and realised spreads by trade, as (second, stage, spread)."""
    quotes, known = [], -math.inf
    for number, period in enumerate(book.periods):
        for event in period.events[1:]:
            known = max(known, event["t"])
            quotes.append((known, event["mid"], number))
        if period.end is not None and len(period.events) > 1:
            quotes.append((known, None, number))
    times = [time for time, _, _ in quotes]
    results, clamp = [], -math.inf
    for trade in book.trades:
        clamp = max(clamp, trade["t"])
        if known < clamp:
            continue
        before = quotes[max(0, bisect.bisect_left(times, clamp) - 1) : bisect.bisect_left(times, clamp)]
        if not before or before[-1][1] is None:
            discarded["no_book"] = discarded.get("no_book", 0) + 1 + len(PARAMETERS["horizonsMs"])
            continue
        _, mid, number = before[-1]
        sign = 1 if trade["side"] == "buy" else -1
        results.append((math.ceil(clamp / 1000), 0, 2 * sign * (trade["price"] - mid) / mid * 1e4))
        for stage, horizon in enumerate(PARAMETERS["horizonsMs"], 1):
            if known <= clamp + horizon:
                continue
            _, after, later = quotes[bisect.bisect_right(times, clamp + horizon) - 1]
            if later != number or after is None:
                reason = book.periods[number].end
                discarded[reason] = discarded.get(reason, 0) + 1
                continue
            results.append((math.ceil(clamp / 1000), stage, 2 * sign * (trade["price"] - after) / mid * 1e4))
    means = []
    for stage in range(1 + len(PARAMETERS["horizonsMs"])):
        spreads = [value for second, at, value in results if at == stage and from_s < second <= to_s]
        means.append([len(spreads), float(np.mean(spreads)) if len(spreads) >= LEAST else None])
    return means


def read(book, at_ms):
    discarded = {}
    micro = Micro(book.periods, PARAMETERS["windowMs"])
    rows, starts = seconds_of(book, micro)
    last = max((event["t"] for period in book.periods for event in period.events), default=0)
    to_s = math.floor(max(at_ms, last) / 1000)
    from_s = to_s - PARAMETERS["windowMs"] // 1000
    depths, horizons = PARAMETERS["depths"], PARAMETERS["horizonsMs"]
    for number, period in enumerate(book.periods):
        if period.end is not None:
            seconds = len(starts[number])
            count = sum(min(seconds, horizon // 1000) for horizon in horizons) * len(depths)
            if count > 0:
                discarded[period.end] = discarded.get(period.end, 0) + count
    costs = trade_costs(book, from_s, to_s, discarded)
    moves = next_moves(book)
    answer = {
        "nextMove": {"counts": moves, "estimate": wilson(moves["hit"], moves["miss"], moves["hit"] + moves["miss"])},
        "horizons": [],
        "costs": costs,
        "trades": [
            [len(amounts), float(np.sum(amounts))]
            for amounts in ([trade["amount"] for trade in book.trades if trade["side"] == side] for side in ("buy", "sell"))
        ],
        "discarded": discarded,
        "microPrice": None,
    }
    if book.open is not None and len(book.open.events) > 1:
        event = book.open.events[-1]
        interval = math.floor(max(math.floor(book.open.events[1]["t"] / 1000), math.ceil(event["t"] / 1000) - 1) / FIT_S)
        price = micro.read(event, interval)
        answer["microPrice"] = None if math.isnan(price) else price
    for horizon in horizons:
        h = horizon // 1000
        pairs = [
            (second, row, rows[second + h], math.log(rows[second + h]["mid"] / row["mid"]))
            for second, row in rows.items()
            if second + h in rows and rows[second + h]["period"] == row["period"]
        ]
        window = [pair for pair in pairs if from_s < pair[0] <= to_s]
        entry = {"depths": [], "forecasts": []}
        for depth in range(len(depths)):
            counts = [[0, 0, 0] for _ in range(3)]
            for _, row, _, r in pairs:
                x = row["x"][depth]
                strength = 0 if abs(x) < 1 / 3 else 1 if abs(x) < 2 / 3 else 2
                if r == 0:
                    counts[strength][2] += 1
                elif x == 0:
                    discarded["no_prediction"] = discarded.get("no_prediction", 0) + 1
                else:
                    counts[strength][0 if np.sign(x) == np.sign(r) else 1] += 1
            xs = np.array([row["x"][depth] for _, row, _, _ in window])
            rs = np.array([r for _, _, _, r in window])
            cases = len(xs) * 1000 / horizon
            varies = len(xs) > 1 and np.ptp(xs) > 0 and np.ptp(rs) > 0
            correlation = float(np.corrcoef(xs, rs)[0, 1]) if varies else math.nan
            slope = float(np.polyfit(xs, rs * 1e4, 1)[0]) if varies and cases >= LEAST else None
            hits, misses = sum(c[0] for c in counts), sum(c[1] for c in counts)
            calibration = None
            if cases >= LEAST:
                order = np.argsort(xs, kind="stable")
                edges = [len(xs) * decile // 10 for decile in range(11)]
                parts = [order[a:b] for a, b in zip(edges, edges[1:])]
                calibration = [[len(p), float(xs[p].mean()), float(rs[p].mean() * 1e4)] for p in parts]
            entry["depths"].append({
                "counts": counts,
                "rate": wilson(hits, misses, (hits + misses) * 1000 / horizon),
                "samples": len(xs),
                "correlation": fisher(correlation, cases),
                "slopeBps": slope,
                "calibration": calibration,
            })
        for predictor in ("weighted", "micro"):
            known = [(row, later) for _, row, later, _ in window if not math.isnan(row[predictor])]
            error = lambda name: float(np.mean([(later["mid"] - row[name]) ** 2 for row, later in known]))
            shown = len(known) * 1000 / horizon >= LEAST and error("mid") > 0
            entry["forecasts"].append([len(known), error(predictor) / error("mid") if shown else None])
        answer["horizons"].append(entry)
    return answer


PARAMETERS = json.loads(sys.stdin.readline())
BOOKS = {}
for line in sys.stdin:
    item = json.loads(line)
    if "read" in item:
        print(json.dumps(read(BOOKS[item["read"]], item["atMs"])))
        continue
    params = json.loads(item["value"])["params"]
    channel, data = params["channel"], params["data"]
    instrument = channel.split(".")[1]
    if channel.startswith("trades."):
        if instrument not in BOOKS:
            continue
        for trade in data:
            if trade.get("block_trade_id") is None and trade.get("combo_id") is None:
                BOOKS[instrument].trades.append({
                    "t": trade["timestamp"], "price": trade["price"], "amount": trade["amount"], "side": trade["direction"],
                })
        continue
    book = BOOKS.setdefault(instrument, Book(PARAMETERS["staleAfterMs"]))
    book.apply(channel, data, item["recordMs"], item.get("headers"))

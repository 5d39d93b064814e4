//! Reads books with deribit-websocket and deribit-http and prints each as a line of JSON.
use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::time::Duration;

use deribit_http::{DeribitHttpClient, HttpConfig};
use deribit_websocket::config::WebSocketConfig;
use deribit_websocket::prelude::*;
use serde_json::{json, Value};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// One side of a book, by price in millionths: a float is no key.
type Side = BTreeMap<i64, (f64, f64)>;

fn apply(side: &mut Side, rows: &Value) {
    for row in rows.as_array().into_iter().flatten() {
        let (price, amount) = (row[1].as_f64().unwrap_or(0.0), row[2].as_f64().unwrap_or(0.0));
        let key = (price * 1e6).round() as i64;
        if row[0] == "delete" {
            side.remove(&key);
        } else {
            side.insert(key, (price, amount));
        }
    }
}

fn print_book(source: &str, instrument: &str, bids: Vec<(f64, f64)>, asks: Vec<(f64, f64)>) {
    println!(
        "{}",
        json!({ "source": source, "instrument": instrument, "bids": bids, "asks": asks })
    );
}

async fn poll(url: &str, names: &[String]) -> Outcome<()> {
    let mut config = HttpConfig::default();
    config.base_url = format!("{url}/api/v2").parse()?;
    let client = DeribitHttpClient::with_config(config);
    println!(
        "{}",
        json!({
            "instruments": client.get_instruments("any", None, None).await?.len(),
            "currencies": client.get_currencies().await?.len(),
            "indices": client.get_index_price_names().await?.len(),
            "summaries": client.get_book_summary_by_currency("BTC", Some("future")).await?.len(),
            "time": client.get_server_time().await?,
            "version": client.test_connection().await?,
        })
    );
    for name in names {
        client.get_ticker(name).await?;
        client.get_instrument(name).await?;
    }
    loop {
        for name in names {
            let book = client.get_order_book(name, Some(10000)).await?;
            let side = |levels: &[deribit_http::model::OrderBookEntry]| {
                levels.iter().map(|level| (level.price, level.amount)).collect()
            };
            print_book("http", name, side(&book.bids), side(&book.asks));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

async fn watch(url: &str, names: &[String]) -> Outcome<()> {
    let client = DeribitWebSocketClient::new(&WebSocketConfig::with_url(url)?)?;
    client.connect().await?;
    client.authenticate("simulator", "SIM_SECRET_KEY_0001").await?;
    client.set_heartbeat(10).await?;
    let channels = names.iter().map(|name| format!("book.{name}.raw")).collect();
    client.subscribe(channels).await?;
    let mut books: BTreeMap<String, (Side, Side)> = BTreeMap::new();
    loop {
        let message: Value = serde_json::from_str(&client.receive_message().await?)?;
        let data = &message["params"]["data"];
        let Some(name) = data["instrument_name"].as_str() else {
            continue;
        };
        let (bids, asks) = books.entry(name.to_string()).or_default();
        if data["type"] == "snapshot" {
            bids.clear();
            asks.clear();
        }
        apply(bids, &data["bids"]);
        apply(asks, &data["asks"]);
        let best_first = bids.values().rev().copied().collect();
        print_book("websocket", name, best_first, asks.values().copied().collect());
    }
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let names: Vec<String> = env::var("SIM_INSTRUMENTS")?.split(',').map(String::from).collect();
    let (http, websocket) = (env::var("SIM_HTTP")?, env::var("SIM_WS")?);
    tokio::try_join!(poll(&http, &names), watch(&websocket, &names))?;
    Ok(())
}

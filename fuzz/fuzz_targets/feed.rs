//! The codec of PostgreSQL's notifications, for libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| leyline_store_postgres::hostile::feed(data));

//! Link settings of the addon.

fn main() {
    napi_build::setup();
    // Threads may load and unload the addon; its statics (the reaper, the environments) must outlive them.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-link-arg=-Wl,-z,nodelete");
    }
}

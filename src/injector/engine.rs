//! The engine: how components are compiled, and where their memories and stacks come from.

use super::limits::{CALLS, STACK, TABLE_ELEMENTS, TICK};
use crate::names::component::MOST_MEMORY;
use wasmtime::component::Component;
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

/// Tables that one turn pays for: the component's own, and those of the shims between it and the host.
const TABLES: usize = 4;
/// What of a memory, a stack or a table is wiped after a call rather than given back to the system, in bytes: most calls touch less.
const KEPT: usize = 256 << 10;

/// An engine whose calls take their memories and stacks from a pool: they are mapped once, not at each call. Where so much
/// address space is not to be had (`ulimit -v`), each call maps its own, which takes longer and is else the same.
pub fn engine() -> wasmtime::Result<Engine> {
    let engine = Engine::new(config().allocation_strategy(InstanceAllocationStrategy::Pooling(pool())));
    let engine = engine.or_else(|_no_room| Engine::new(&config()))?;
    tick(&engine);
    Ok(engine)
}

fn config() -> Config {
    let mut config = Config::new();
    config.epoch_interruption(true).max_wasm_stack(STACK).async_stack_size(2 * STACK);
    config
}

/// As much as all calls that have a turn can use.
fn pool() -> PoolingAllocationConfig {
    let turns = u32::try_from(CALLS).unwrap_or(u32::MAX);
    let tables = u32::try_from(CALLS * TABLES).unwrap_or(u32::MAX);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_memories(turns).total_stacks(turns).total_component_instances(turns);
    pool.total_tables(tables).total_core_instances(u32::MAX);
    pool.max_memory_size((MOST_MEMORY as usize) << 20).table_elements(TABLE_ELEMENTS);
    pool.max_memories_per_module(turns).max_tables_per_module(tables);
    pool.linear_memory_keep_resident(KEPT).table_keep_resident(KEPT).async_stack_keep_resident(KEPT);
    pool.pagemap_scan(Enabled::Auto);
    pool
}

/// The turns that a call of a component takes, so that the pool never runs out; a component that needs more than all gets all.
pub fn turns(component: &Component) -> u32 {
    let needs = component.resources_required();
    let (memories, tables) = needs.map_or((1, 0), |it| (it.num_memories, it.num_tables));
    let most = u32::try_from(CALLS).unwrap_or(u32::MAX);
    memories.max(tables.div_ceil(TABLES as u32)).clamp(1, most)
}

/// Lets time pass for running components. Ends with the engine.
fn tick(engine: &Engine) {
    let engine = engine.weak();
    std::thread::spawn(move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    });
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{config, engine};
    use wasm_encoder::{ExportKind, ExportSection, MemorySection, MemoryType, Module};
    use wasmtime::{Engine, Instance, Store};

    /// A module with two pages of memory.
    fn pages() -> Vec<u8> {
        let mut memories = MemorySection::new();
        memories.memory(MemoryType { minimum: 2, maximum: None, memory64: false, shared: false, page_size_log2: None });
        let mut exports = ExportSection::new();
        exports.export("memory", ExportKind::Memory, 0);
        let mut module = Module::new();
        module.section(&memories).section(&exports);
        module.finish()
    }

    /// What stands in a fresh memory, which is then written full, and grown and written again.
    fn found(engine: &Engine, module: &wasmtime::Module) -> Vec<u8> {
        let mut store = Store::new(engine, ());
        store.set_epoch_deadline(1_000);
        let instance = Instance::new(&mut store, module, &[]).unwrap();
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        let found = memory.data(&store).to_vec();
        memory.grow(&mut store, 6).unwrap();
        memory.data_mut(&mut store).fill(7);
        found
    }

    #[test]
    fn no_memory_holds_what_a_call_before_left() {
        let engine = engine().unwrap();
        let modules = [(); 2].map(|()| wasmtime::Module::new(&engine, pages()).unwrap());
        for module in [&modules[0], &modules[0], &modules[1], &modules[0]] {
            assert!(found(&engine, module).iter().all(|byte| *byte == 0));
        }
    }

    #[test]
    fn code_is_the_same_with_and_without_a_pool() {
        use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
        let hash = |engine: &Engine| {
            BuildHasherDefault::<DefaultHasher>::default().hash_one(engine.precompile_compatibility_hash())
        };
        assert_eq!(hash(&engine().unwrap()), hash(&Engine::new(&config()).unwrap()));
    }
}

//! Disks of a test under the real SQLite: files in a mounted folder are on its disk, all others where they always are.

use super::disk::Disk;
use rusqlite::ffi;
use std::collections::BTreeMap;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::Path;
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use tempfile::TempDir;

static MOUNTED: Mutex<BTreeMap<String, Arc<Disk>>> = Mutex::new(BTreeMap::new());
static INSTALLED: Once = Once::new();
/// SQLite's own.
static BASE: Mutex<usize> = Mutex::new(0);

fn mounted() -> MutexGuard<'static, BTreeMap<String, Arc<Disk>>> {
    MOUNTED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A folder at which disks are mounted, one after the other.
pub struct Mount(TempDir);

impl Mount {
    pub fn new() -> Self {
        install();
        Self(tempfile::tempdir().unwrap())
    }

    pub fn folder(&self) -> &Path {
        self.0.path()
    }

    /// Puts a disk in; whatever was there is out.
    pub fn insert(&self, disk: Arc<Disk>) {
        mounted().insert(self.folder().display().to_string(), disk);
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        mounted().remove(&self.folder().display().to_string());
    }
}

/// The disk on which a path is, and its name there.
fn find(path: *const c_char) -> Option<(Arc<Disk>, String)> {
    if path.is_null() {
        return None;
    }
    // SAFETY: SQLite passes strings that end.
    let path = unsafe { CStr::from_ptr(path) }.to_str().ok()?;
    let (folder, name) = path.rsplit_once('/')?;
    Some((Arc::clone(mounted().get(folder)?), name.to_owned()))
}

/// A file as SQLite holds it.
#[repr(C)]
struct Handle {
    base: ffi::sqlite3_file,
    inner: *mut Inner,
}

struct Inner {
    disk: Arc<Disk>,
    name: String,
    /// The index of the write-ahead log, which is in memory only.
    regions: Vec<Box<[u64]>>,
}

fn inner<'a>(file: *mut ffi::sqlite3_file) -> &'a mut Inner {
    // SAFETY: SQLite passes only files that `open` has made, and each to one thread at a time.
    unsafe { &mut *(*file.cast::<Handle>()).inner }
}

fn size(value: impl TryInto<usize>) -> usize {
    value.try_into().unwrap_or_default()
}

fn base() -> *mut ffi::sqlite3_vfs {
    *BASE.lock().unwrap_or_else(PoisonError::into_inner) as *mut ffi::sqlite3_vfs
}

fn install() {
    INSTALLED.call_once(|| {
        // SAFETY: SQLite's own VFS is there once it is initialised; what is registered here is never freed.
        unsafe {
            let found = ffi::sqlite3_vfs_find(ptr::null());
            *BASE.lock().unwrap_or_else(PoisonError::into_inner) = found as usize;
            let mut own = *found;
            own.szOsFile = own.szOsFile.max(c_int::try_from(size_of::<Handle>()).unwrap_or(c_int::MAX));
            own.pNext = ptr::null_mut();
            own.zName = c"disks-of-tests".as_ptr();
            own.xOpen = Some(open);
            own.xDelete = Some(delete);
            own.xAccess = Some(access);
            assert_eq!(ffi::sqlite3_vfs_register(Box::leak(Box::new(own)), 1), ffi::SQLITE_OK);
        }
    });
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    let Some((disk, name)) = find(path) else {
        // SAFETY: passed on as it came; the file has room for either kind.
        return unsafe { (*base()).xOpen.map_or(ffi::SQLITE_CANTOPEN, |open| open(base(), path, file, flags, out)) };
    };
    disk.create(&name);
    let inner = Box::into_raw(Box::new(Inner { disk, name, regions: Vec::new() }));
    // SAFETY: SQLite gives room for `szOsFile` bytes, and a place for the flags or none.
    unsafe {
        file.cast::<Handle>().write(Handle { base: ffi::sqlite3_file { pMethods: &raw const METHODS }, inner });
        if !out.is_null() {
            *out = flags;
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, path: *const c_char, sync: c_int) -> c_int {
    let Some((disk, name)) = find(path) else {
        // SAFETY: passed on as it came.
        return unsafe { (*base()).xDelete.map_or(ffi::SQLITE_IOERR_DELETE, |delete| delete(base(), path, sync)) };
    };
    disk.delete(&name);
    if sync != 0 {
        disk.sync(&name);
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn access(_: *mut ffi::sqlite3_vfs, path: *const c_char, flags: c_int, out: *mut c_int) -> c_int {
    let Some((disk, name)) = find(path) else {
        // SAFETY: passed on as it came.
        return unsafe { (*base()).xAccess.map_or(ffi::SQLITE_IOERR, |access| access(base(), path, flags, out)) };
    };
    // SAFETY: SQLite gives a place for the answer.
    unsafe {
        *out = c_int::from(
            disk.read(&name).is_some_and(|content| flags != ffi::SQLITE_ACCESS_EXISTS || !content.is_empty()),
        )
    };
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: made by `open`, and not used again.
    drop(unsafe { Box::from_raw((*file.cast::<Handle>()).inner) });
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, to: *mut c_void, length: c_int, at: i64) -> c_int {
    let Inner { disk, name, .. } = inner(file);
    let (content, at, length) = (disk.read(name).unwrap_or_default(), size(at), size(length));
    let there = content.get(at.min(content.len())..content.len().min(at + length)).unwrap_or_default();
    // SAFETY: SQLite gives room for `length` bytes; what is missing is to be zero.
    unsafe {
        ptr::write_bytes(to.cast::<u8>(), 0, length);
        ptr::copy_nonoverlapping(there.as_ptr(), to.cast::<u8>(), there.len());
    }
    if there.len() == length { ffi::SQLITE_OK } else { ffi::SQLITE_IOERR_SHORT_READ }
}

unsafe extern "C" fn write(file: *mut ffi::sqlite3_file, from: *const c_void, length: c_int, at: i64) -> c_int {
    let Inner { disk, name, .. } = inner(file);
    // SAFETY: SQLite passes `length` bytes.
    let bytes = unsafe { std::slice::from_raw_parts(from.cast::<u8>(), size(length)) };
    if disk.write(name, size(at), bytes) { ffi::SQLITE_OK } else { ffi::SQLITE_FULL }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, length: i64) -> c_int {
    let Inner { disk, name, .. } = inner(file);
    disk.truncate(name, size(length));
    ffi::SQLITE_OK
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    let Inner { disk, name, .. } = inner(file);
    disk.sync(name);
    ffi::SQLITE_OK
}

unsafe extern "C" fn length(file: *mut ffi::sqlite3_file, out: *mut i64) -> c_int {
    let Inner { disk, name, .. } = inner(file);
    let length = disk.read(name).map_or(0, |content| content.len());
    // SAFETY: SQLite gives a place for the answer.
    unsafe { *out = i64::try_from(length).unwrap_or(i64::MAX) };
    ffi::SQLITE_OK
}

/// One process has the store at a time, so nobody waits for a lock.
unsafe extern "C" fn lock(_: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn is_reserved(_: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: SQLite gives a place for the answer.
    unsafe { *out = 0 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn control(_: *mut ffi::sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector(_: *mut ffi::sqlite3_file) -> c_int {
    4096
}

/// As on Linux: a write leaves what is beside it as it is.
unsafe extern "C" fn characteristics(_: *mut ffi::sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn map(
    file: *mut ffi::sqlite3_file,
    region: c_int,
    length: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    let regions = &mut inner(file).regions;
    while extend != 0 && regions.len() <= size(region) {
        regions.push(vec![0; size(length) / 8].into_boxed_slice());
    }
    let found = regions.get_mut(size(region)).map_or(ptr::null_mut(), |region| region.as_mut_ptr());
    // SAFETY: SQLite gives a place for the answer; a region stays where it is until the file is closed.
    unsafe { *out = found.cast() };
    ffi::SQLITE_OK
}

unsafe extern "C" fn lock_map(_: *mut ffi::sqlite3_file, _: c_int, _: c_int, _: c_int) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn barrier(_: *mut ffi::sqlite3_file) {}

unsafe extern "C" fn unmap(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    inner(file).regions.clear();
    ffi::SQLITE_OK
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(length),
    xLock: Some(lock),
    xUnlock: Some(lock),
    xCheckReservedLock: Some(is_reserved),
    xFileControl: Some(control),
    xSectorSize: Some(sector),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: Some(map),
    xShmLock: Some(lock_map),
    xShmBarrier: Some(barrier),
    xShmUnmap: Some(unmap),
    xFetch: None,
    xUnfetch: None,
};

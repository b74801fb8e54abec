//! Libraries whose own documentation says that threads must not share them.

/// A library and why two requests in one process may not use it at once.
struct ThreadUnsafe {
    import: &'static str,
    why: &'static str,
}

const THREAD_UNSAFE: &[ThreadUnsafe] = &[
    ThreadUnsafe {
        import: "matplotlib",
        why: "matplotlib is not thread-safe: its documentation says that artists may be used by \
              one thread only, and pyplot keeps one global current figure",
    },
    ThreadUnsafe {
        import: "netCDF4",
        why: "netCDF4 is not thread-safe: the netCDF and HDF5 C libraries below it keep global \
              state without a lock",
    },
    ThreadUnsafe {
        import: "pandas",
        why: "pandas is not thread-safe: its documentation warns of copy(), and frames fill \
              caches when they are read",
    },
    ThreadUnsafe {
        import: "rpy2",
        why: "rpy2 is not thread-safe: the embedded R interpreter runs on one thread only",
    },
    ThreadUnsafe {
        import: "selenium",
        why: "selenium is not thread-safe: a WebDriver may be used by one thread only",
    },
    ThreadUnsafe {
        import: "tkinter",
        why: "tkinter is not thread-safe: Tcl serves the thread that made it only",
    },
];

/// Why threads may not share the first of `imports` that forbids it; a
/// submodule counts as its package.
pub(super) fn thread_unsafe(imports: &[String]) -> Option<&'static str> {
    imports.iter().find_map(|import| {
        let package = import.split('.').next().unwrap_or_default();
        THREAD_UNSAFE.iter().find(|l| l.import.eq_ignore_ascii_case(package)).map(|l| l.why)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_libraries_are_found_by_package() {
        let found = |import: &str| thread_unsafe(&["numpy".to_owned(), import.to_owned()]);
        assert!(found("pandas").is_some_and(|why| why.contains("pandas")));
        assert!(found("matplotlib.pyplot").is_some());
        assert!(found("netcdf4").is_some());
        assert_eq!(found("pandas_stubs"), None);
        assert_eq!(found(""), None);
    }
}

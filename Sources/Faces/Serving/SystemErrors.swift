import Platform

/// The system's code for an address that another socket listens on.
let addressInUseCode = EADDRINUSE

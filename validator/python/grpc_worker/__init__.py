"""A worker of the gRPC pools: `python -m grpc_worker`, told what to do by its dispatcher."""

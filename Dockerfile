# One image for web, worker, sweeper and payer simulator; docker-compose.yml says which command each runs.
FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app

COPY requirements.txt .
RUN pip install -r requirements.txt

COPY . .
# Static files are fingerprinted and compressed into the image; the two values serve this step alone.
RUN SECRET_KEY=build-only DATABASE_URL=postgres://127.0.0.1:1/none python -W ignore manage.py collectstatic --noinput

# Nothing in the image belongs to the user it runs as, so a broken-in process cannot change the code.
RUN useradd --system --uid 10001 --no-create-home iopfinder
USER 10001

EXPOSE 8000
CMD ["gunicorn", "iopfinder.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4", \
     "--graceful-timeout", "20", "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]
